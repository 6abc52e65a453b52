//! `mentions`: who is named in a status.

use sqlx::PgConnection;

use crate::{AccountId, StatusId};

#[derive(Debug, Clone)]
pub struct MentionRow {
    pub status_id: StatusId,
    pub account_id: AccountId,
    pub username: String,
    pub domain: Option<String>,
    pub uri: String,
    pub url: Option<String>,
    pub id_scheme: Option<i32>,
}

/// The mentions that are shown, oldest first within each status. Silent ones (recipients that the text does not name) are
/// left out.
///
/// # Errors
/// The database failed.
pub async fn load(conn: &mut PgConnection, statuses: &[StatusId]) -> Result<Vec<MentionRow>, sqlx::Error> {
    sqlx::query_as!(
        MentionRow,
        r#"
        SELECT m.status_id, a.id AS account_id, a.username, a.domain, a.uri, a.url, a.id_scheme
        FROM mentions m JOIN accounts a ON a.id = m.account_id
        WHERE m.status_id = ANY($1) AND NOT m.silent
        ORDER BY m.id
        "#,
        statuses,
    )
    .fetch_all(conn)
    .await
}
