//! Posts: copies of other servers' that are too old, and what is left of deleted ones.

use chrono::{NaiveDateTime, TimeDelta};
use db::StatusId;
use services::delete_account;

use super::PIECE;
use super::walk::{Table, Window, walk};
use crate::context::Context;
use crate::jobs::remove_status::feeds::take_out_silently;
use crate::registry::JobError;

/// Posts of one transaction: much hangs on each.
const AT_A_TIME: usize = 100;
/// Deleted posts that were kept for moderators.
const KEPT: TimeDelta = TimeDelta::days(30);

/// All posts of other servers from before that time, also those that people here answered or keep as a bookmark, as Mastodon does it.
pub(super) async fn cached(context: &Context, before: NaiveDateTime) -> Result<u64, JobError> {
    let end = db::time::id_at(before);
    walk(context, Table::Statuses, end, |window| forget(context, window)).await
}

async fn forget(context: &Context, window: Window) -> Result<u64, JobError> {
    let due = sqlx::query_scalar!(
        "SELECT s.id FROM statuses s JOIN accounts a ON a.id = s.account_id AND a.domain IS NOT NULL
         WHERE s.id > $1 AND s.id <= $2 AND s.deleted_at IS NULL ORDER BY s.id",
        window.after,
        window.to
    )
    .fetch_all(&mut *context.db.acquire().await?)
    .await?;
    for ids in due.chunks(AT_A_TIME) {
        remove(context, ids).await?;
    }
    Ok(u64::try_from(due.len()).unwrap_or_default())
}

/// What authors or moderators deleted a month ago is no longer needed as evidence.
pub(super) async fn discarded(context: &Context) -> Result<u64, JobError> {
    let before = context.clock.now_naive() - KEPT;
    let mut removed = 0;
    loop {
        let due = sqlx::query_scalar!("SELECT id FROM statuses WHERE deleted_at < $1 ORDER BY id LIMIT $2", before, PIECE)
            .fetch_all(&mut *context.db.acquire().await?)
            .await?;
        if due.is_empty() {
            return Ok(removed);
        }
        for ids in due.chunks(AT_A_TIME) {
            remove(context, ids).await?;
        }
        removed += u64::try_from(due.len()).unwrap_or_default();
    }
}

/// Boosts first: one post may have any number of them.
async fn remove(context: &Context, ids: &[StatusId]) -> Result<(), JobError> {
    if let Err(error) = take_out_silently(context, ids).await {
        tracing::debug!(%error, "old posts stay in feeds");
    }
    loop {
        let boosts = sqlx::query_scalar!("SELECT id FROM statuses WHERE reblog_of_id = ANY($1) LIMIT $2", ids, PIECE)
            .fetch_all(&mut *context.db.acquire().await?)
            .await?;
        let (doomed, more) = if boosts.is_empty() { (ids, false) } else { (boosts.as_slice(), true) };
        let mut tx = context.db.begin().await?;
        delete_account::forget_statuses(&mut tx, doomed).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
