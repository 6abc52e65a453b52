//! `polls` and the votes of one account.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

use crate::{AccountId, PollId, StatusId};

#[derive(Debug, Clone)]
pub struct PollRow {
    pub id: PollId,
    pub account_id: AccountId,
    pub status_id: StatusId,
    /// Of the author; `None` if local.
    pub domain: Option<String>,
    pub expires_at: Option<NaiveDateTime>,
    pub options: Vec<String>,
    pub cached_tallies: Vec<i64>,
    pub multiple: bool,
    pub hide_totals: bool,
    pub votes_count: i64,
    pub voters_count: Option<i64>,
    /// The choices of the viewer, in the order of voting.
    pub own_votes: Vec<i32>,
}

/// # Errors
/// The database failed.
pub async fn load(conn: &mut PgConnection, viewer: Option<AccountId>, ids: &[PollId]) -> Result<Vec<PollRow>, sqlx::Error> {
    sqlx::query_as!(
        PollRow,
        r#"
        SELECT p.id, p.account_id, p.status_id, a.domain, p.expires_at, p.options, p.cached_tallies, p.multiple, p.hide_totals,
               p.votes_count, p.voters_count,
               ARRAY(SELECT v.choice FROM poll_votes v WHERE v.poll_id = p.id AND v.account_id = $2 ORDER BY v.id) AS "own_votes!"
        FROM polls p JOIN accounts a ON a.id = p.account_id
        WHERE p.id = ANY($1)
        "#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await
}
