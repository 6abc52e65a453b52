//! Statuses of one author go out in the order in which they were posted, as far as one process can see to it: what answers
//! another should not come before it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::Poll;
use std::time::Duration;

use db::{AccountId, StatusId};
use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::context::Context;

/// Order is not worth more than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Jobs pass one by one, so that they queue in the order in which they were taken.
static DOOR: Mutex<()> = Mutex::const_new(());
static QUEUES: LazyLock<Cache<AccountId, Arc<Mutex<()>>>> =
    LazyLock::new(|| Cache::builder().max_capacity(10_000).time_to_idle(Duration::from_mins(10)).build());

/// Held while a status is distributed. `None`: the wait was too long.
pub(super) type Turn = Option<OwnedMutexGuard<()>>;

pub(super) async fn take(context: &Context, status: StatusId) -> Result<Turn, sqlx::Error> {
    let door = DOOR.lock().await;
    let author = sqlx::query_scalar!("SELECT account_id FROM statuses WHERE id = $1", status)
        .fetch_optional(&mut *context.db.acquire().await?)
        .await?;
    let Some(author) = author else { return Ok(None) };
    let queue = QUEUES.get_with(author, Arc::default);
    let mut waiting = pin!(queue.lock_owned());
    // A lock keeps a place in the queue from the first time that it is asked.
    let at_once = poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
    drop(door);
    match at_once {
        Poll::Ready(turn) => Ok(Some(turn)),
        Poll::Pending => Ok(timeout(PATIENCE, waiting).await.ok()),
    }
}
