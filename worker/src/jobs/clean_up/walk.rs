//! Going through a table that has no index by age: a window of ids at a time, on from where the last round ended.

use std::future::Future;

use crate::context::Context;
use crate::registry::JobError;

/// Ids of one window.
const WINDOW: i64 = 1_000;
/// Windows of one round, and removals after which it ends. A pass through a large table takes several rounds.
const WINDOWS: u32 = 1_000;
const REMOVALS: u64 = 20_000;

/// Ids after the first up to the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) after: i64,
    pub(super) to: i64,
}

/// A table that is gone through.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    MediaAttachments,
    PreviewCards,
    Statuses,
}

/// The last of a window's ids, up to one that is not to be passed.
macro_rules! last_of {
    ($conn:expr, $table:literal, $after:expr, $end:expr) => {
        sqlx::query_scalar!(
            "SELECT max(id) FROM (SELECT id FROM " + $table + " WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3) w",
            $after,
            $end,
            WINDOW
        )
        .fetch_one($conn)
        .await
    };
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::MediaAttachments => "media_attachments",
            Self::PreviewCards => "preview_cards",
            Self::Statuses => "statuses",
        }
    }

    async fn last(self, context: &Context, after: i64, end: i64) -> Result<Option<i64>, sqlx::Error> {
        let conn = &mut *context.db.acquire().await?;
        match self {
            Self::MediaAttachments => last_of!(conn, "media_attachments", after, end),
            Self::PreviewCards => last_of!(conn, "preview_cards", after, end),
            Self::Statuses => last_of!(conn, "statuses", after, end),
        }
    }
}

/// Goes through ids below `end`. `clear` removes what is due within a window and says how much that was.
pub(super) async fn walk<C, F>(context: &Context, table: Table, end: i64, clear: C) -> Result<u64, JobError>
where
    C: Fn(Window) -> F,
    F: Future<Output = Result<u64, JobError>>,
{
    let mut after = kv::clean_up::place(&context.kv, table.name()).await.unwrap_or_default();
    let mut removed = 0;
    for _ in 0..WINDOWS {
        let Some(to) = table.last(context, after, end).await? else {
            after = 0;
            break;
        };
        removed += clear(Window { after, to }).await?;
        after = to;
        if removed >= REMOVALS {
            break;
        }
    }
    if let Err(error) = kv::clean_up::set_place(&context.kv, table.name(), after).await {
        tracing::debug!(%error, ?table, "the next round begins at the beginning");
    }
    Ok(removed)
}
