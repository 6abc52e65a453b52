//! The conversation around a status: what it answers, and what answers it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use db::{AccountId, StatusId};
use moka::sync::Cache;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::visibility::{is_visible, keep_listable};

/// Signed-in people see threads nearly whole; visitors see a part, so that nobody can make the server work for free.
const MANY_ANCESTORS: usize = 4096;
const MANY_DESCENDANTS: i64 = 4096;
const VISITOR_ANCESTORS: usize = 40;
const VISITOR_DESCENDANTS: i64 = 60;
const VISITOR_DEPTH: i32 = 20;

/// Ids in the order in which they are shown.
#[derive(Debug, Clone, Default)]
pub struct Thread {
    /// From the beginning of the thread on.
    pub ancestors: Vec<StatusId>,
    /// Depth first, replies of authors to themselves in front.
    pub descendants: Vec<StatusId>,
}

/// What statuses answer, from the beginning of the thread on, remembered for ten minutes: a thread is read by many, and as
/// in Mastodon it keeps its beginning for its readers when something in the middle is deleted. One for a process.
#[derive(Debug, Clone)]
pub struct Ancestors(Cache<StatusId, Arc<[StatusId]>>);

impl Default for Ancestors {
    fn default() -> Self {
        let weight = |_: &StatusId, ids: &Arc<[StatusId]>| u32::try_from(ids.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(1_000_000).weigher(weight).time_to_live(Duration::from_mins(10)).build())
    }
}

impl Ancestors {
    /// The nearest of them, at most `limit`. Threads whose beginning is not known here yet are not remembered.
    async fn of(&self, conn: &mut PgConnection, id: StatusId, limit: usize) -> Result<Vec<StatusId>> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.get(known.len().saturating_sub(limit)..).unwrap_or_default().to_vec());
        }
        let rows = ancestors(conn, id, i64::try_from(limit).unwrap_or(i64::MAX)).await?;
        let ids: Vec<StatusId> = rows.iter().map(|row| row.id).collect();
        if rows.first().is_some_and(|row| !row.answers) {
            self.0.insert(id, ids.as_slice().into());
        }
        Ok(ids)
    }
}

struct AncestorRow {
    id: StatusId,
    /// It is an answer itself, whether or not it is known to what.
    answers: bool,
}

struct ReplyRow {
    id: StatusId,
    to_oneself: bool,
}

/// The thread as `viewer` sees it. The statements do not depend on its length.
///
/// # Errors
/// [`Error::NotFoundPlain`] if the status is not for the viewer's eyes.
pub async fn around(conn: &mut PgConnection, known: &Ancestors, viewer: Option<AccountId>, id: StatusId) -> Result<Thread> {
    if !is_visible(conn, viewer, id).await? {
        return Err(Error::NotFoundPlain);
    }
    let (up, down, depth) = match viewer {
        Some(_) => (MANY_ANCESTORS, MANY_DESCENDANTS, None),
        None => (VISITOR_ANCESTORS, VISITOR_DESCENDANTS, Some(VISITOR_DEPTH)),
    };
    let ancestors = known.of(conn, id, up).await?;
    let replies = descendants(conn, id, down, depth).await?;
    let ids: Vec<StatusId> = replies.iter().map(|reply| reply.id).collect();
    let shown = keep_listable(conn, viewer, &[ancestors.as_slice(), &ids].concat()).await?;
    let shown: HashSet<StatusId> = shown.into_iter().collect();
    let (first, others): (Vec<ReplyRow>, Vec<ReplyRow>) =
        replies.into_iter().filter(|reply| shown.contains(&reply.id)).partition(|reply| reply.to_oneself);
    Ok(Thread {
        ancestors: ancestors.into_iter().filter(|id| shown.contains(id)).collect(),
        descendants: first.into_iter().chain(others).map(|reply| reply.id).collect(),
    })
}

async fn ancestors(conn: &mut PgConnection, id: StatusId, limit: i64) -> Result<Vec<AncestorRow>> {
    let rows = sqlx::query_as!(
        AncestorRow,
        r#"
        WITH RECURSIVE thread (id, in_reply_to_id, reply, path) AS (
            SELECT p.id, p.in_reply_to_id, p.reply, ARRAY[p.id]
            FROM statuses s JOIN statuses p ON p.id = s.in_reply_to_id
            WHERE s.id = $1
          UNION ALL
            SELECT p.id, p.in_reply_to_id, p.reply, t.path || p.id
            FROM thread t JOIN statuses p ON p.id = t.in_reply_to_id
            WHERE cardinality(t.path) < $2::bigint AND p.id <> ALL (t.path)
        )
        SELECT id AS "id!", (reply OR in_reply_to_id IS NOT NULL) AS "answers!" FROM thread ORDER BY cardinality(path) DESC
        "#,
        id,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

async fn descendants(conn: &mut PgConnection, id: StatusId, limit: i64, depth: Option<i32>) -> Result<Vec<ReplyRow>> {
    let rows = sqlx::query_as!(
        ReplyRow,
        r#"
        WITH RECURSIVE thread (id, path) AS (
            SELECT s.id, ARRAY[s.id] FROM statuses s WHERE s.in_reply_to_id = $1
          UNION ALL
            SELECT s.id, t.path || s.id
            FROM thread t JOIN statuses s ON s.in_reply_to_id = t.id
            WHERE COALESCE(cardinality(t.path) < $3, true) AND s.id <> ALL (t.path)
        )
        SELECT s.id AS "id!", COALESCE(s.in_reply_to_account_id = s.account_id, false) AS "to_oneself!"
        FROM (SELECT id, path FROM thread ORDER BY path LIMIT $2) t JOIN statuses s ON s.id = t.id
        ORDER BY t.path
        "#,
        id,
        limit,
        depth
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
