//! `preview_cards`: what a link leads to.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

use crate::{AccountId, StatusId};

#[derive(Debug, Clone)]
pub struct PreviewCardRow {
    pub id: i64,
    pub status_id: StatusId,
    /// The address as it was posted, if it was kept.
    pub original_url: Option<String>,
    pub url: String,
    pub title: String,
    pub description: String,
    pub language: Option<String>,
    pub kind: i32,
    pub author_name: String,
    pub author_url: String,
    pub author_account_id: Option<AccountId>,
    pub unverified_author_account_id: Option<AccountId>,
    pub provider_name: String,
    pub provider_url: String,
    pub html: String,
    pub width: i32,
    pub height: i32,
    pub image_file_name: Option<String>,
    pub image_storage_schema_version: Option<i32>,
    pub image_description: String,
    pub embed_url: String,
    pub blurhash: Option<String>,
    pub published_at: Option<NaiveDateTime>,
}

/// The cards of statuses, one row for each pair.
///
/// # Errors
/// The database failed.
pub async fn of_statuses(conn: &mut PgConnection, statuses: &[StatusId]) -> Result<Vec<PreviewCardRow>, sqlx::Error> {
    sqlx::query_as!(
        PreviewCardRow,
        r#"
        SELECT c.id, cs.status_id, cs.url AS original_url, c.url, c.title, c.description, c.language, c.type AS kind,
               c.author_name, c.author_url, c.author_account_id, c.unverified_author_account_id, c.provider_name, c.provider_url,
               c.html, c.width, c.height, c.image_file_name, c.image_storage_schema_version, c.image_description, c.embed_url,
               c.blurhash, c.published_at
        FROM preview_cards_statuses cs JOIN preview_cards c ON c.id = cs.preview_card_id
        WHERE cs.status_id = ANY($1)
        "#,
        statuses,
    )
    .fetch_all(conn)
    .await
}
