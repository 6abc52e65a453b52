//! `tags`, and which statuses carry them.

use sqlx::PgConnection;

use crate::{StatusId, TagId};

#[derive(Debug, Clone)]
pub struct TagRow {
    pub id: TagId,
    pub name: String,
    /// As it was first written; `name` is lower-case and folded.
    pub display_name: Option<String>,
}

#[derive(Debug, Clone)]
pub struct StatusTagRow {
    pub status_id: StatusId,
    pub tag_id: TagId,
    pub name: String,
}

/// # Errors
/// The database failed.
pub async fn load(conn: &mut PgConnection, ids: &[TagId]) -> Result<Vec<TagRow>, sqlx::Error> {
    sqlx::query_as!(TagRow, "SELECT id, name, display_name FROM tags WHERE id = ANY($1)", ids).fetch_all(conn).await
}

/// By normalised name.
///
/// # Errors
/// The database failed.
pub async fn find_by_name(conn: &mut PgConnection, name: &str) -> Result<Option<TagRow>, sqlx::Error> {
    sqlx::query_as!(TagRow, "SELECT id, name, display_name FROM tags WHERE lower(name) = lower($1)", name)
        .fetch_optional(conn)
        .await
}

/// The tags of statuses as they were attached: the table has no column for it, but rows are never moved, so that their
/// place on disk tells the order in which Mastodon shows them.
///
/// # Errors
/// The database failed.
pub async fn of_statuses(conn: &mut PgConnection, statuses: &[StatusId]) -> Result<Vec<StatusTagRow>, sqlx::Error> {
    sqlx::query_as!(
        StatusTagRow,
        r#"
        SELECT st.status_id, t.id AS tag_id, t.name
        FROM statuses_tags st JOIN tags t ON t.id = st.tag_id
        WHERE st.status_id = ANY($1)
        ORDER BY st.ctid
        "#,
        statuses,
    )
    .fetch_all(conn)
    .await
}
