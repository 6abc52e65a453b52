//! Statuses of one author go out in the order of their ids, as far as one process can see to it: what answers another should
//! not come before it.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use db::{AccountId, StatusId};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::context::Context;

/// Order is not worth more than this.
const PATIENCE: Duration = Duration::from_secs(10);

static LINE: LazyLock<Mutex<Line>> = LazyLock::new(Mutex::default);
static MOVED: Notify = Notify::const_new();

/// Statuses that are on their way. Jobs that were taken together run in any order.
#[derive(Debug, Default)]
struct Line {
    /// Whose author is still being looked up.
    arriving: BTreeSet<StatusId>,
    standing: BTreeSet<(AccountId, StatusId)>,
}

impl Line {
    fn is_first(&self, author: AccountId, status: StatusId) -> bool {
        self.arriving.range(..status).next().is_none()
            && self.standing.range((author, StatusId::MIN)..(author, status)).next().is_none()
    }
}

fn line() -> MutexGuard<'static, Line> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in the line, given up when this is dropped: at the latest when the status has been distributed.
#[derive(Debug)]
pub(super) struct Turn {
    status: StatusId,
    author: Option<AccountId>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut line = line();
        line.arriving.remove(&self.status);
        if let Some(author) = self.author {
            line.standing.remove(&(author, self.status));
        }
        drop(line);
        MOVED.notify_waiters();
    }
}

/// Waits until nothing older of the same author is on its way, or until the wait becomes too long.
pub(super) async fn take(context: &Context, status: StatusId) -> Result<Turn, sqlx::Error> {
    line().arriving.insert(status);
    let mut turn = Turn { status, author: None };
    let author = sqlx::query_scalar!("SELECT account_id FROM statuses WHERE id = $1", status)
        .fetch_optional(&mut *context.db.acquire().await?)
        .await?;
    let Some(author) = author else { return Ok(turn) };
    turn.author = Some(author);
    {
        let mut line = line();
        line.arriving.remove(&status);
        line.standing.insert((author, status));
    }
    MOVED.notify_waiters();
    if timeout(PATIENCE, wait(author, status)).await.is_err() {
        tracing::debug!(target: "ferrodon", status, "an older status of the same author is still on its way");
    }
    Ok(turn)
}

async fn wait(author: AccountId, status: StatusId) {
    loop {
        // Asked before the look, so that no move in between is missed.
        let moved = MOVED.notified();
        if line().is_first(author, status) {
            return;
        }
        moved.await;
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn who_is_older_or_of_an_unknown_author_goes_first() {
        let mut line = Line::default();
        line.standing.extend([(1, 10), (1, 20), (2, 5)]);
        assert!(line.is_first(1, 10) && line.is_first(2, 5));
        assert!(!line.is_first(1, 20));
        line.standing.remove(&(1, 10));
        assert!(line.is_first(1, 20));
        line.arriving.insert(15);
        assert!(!line.is_first(1, 20));
    }
}
