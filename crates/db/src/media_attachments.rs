//! `media_attachments`: uploaded and remote files.

use serde_json::value::RawValue;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{AccountId, MediaAttachmentId, StatusId};

/// `media_attachments.type`.
pub mod kind {
    pub const IMAGE: i32 = 0;
    pub const GIFV: i32 = 1;
    pub const VIDEO: i32 = 2;
    pub const UNKNOWN: i32 = 3;
    pub const AUDIO: i32 = 4;
}

/// `media_attachments.processing`; old rows have none of these and are complete.
pub mod processing {
    pub const QUEUED: i32 = 0;
    pub const IN_PROGRESS: i32 = 1;
    pub const COMPLETE: i32 = 2;
    pub const FAILED: i32 = 3;
}

#[derive(Debug, Clone)]
pub struct MediaAttachmentRow {
    pub id: MediaAttachmentId,
    pub account_id: Option<AccountId>,
    pub status_id: Option<StatusId>,
    pub scheduled_status_id: Option<i64>,
    pub kind: i32,
    pub processing: Option<i32>,
    pub file_file_name: Option<String>,
    pub file_content_type: Option<String>,
    pub file_storage_schema_version: Option<i32>,
    pub file_meta: Option<Json<Box<RawValue>>>,
    pub thumbnail_file_name: Option<String>,
    pub thumbnail_storage_schema_version: Option<i32>,
    pub thumbnail_remote_url: Option<String>,
    /// Empty for files uploaded here.
    pub remote_url: String,
    pub shortcode: Option<String>,
    pub description: Option<String>,
    pub blurhash: Option<String>,
}

impl MediaAttachmentRow {
    /// Whether the original still has to be made; the file cannot be posted before.
    #[must_use]
    pub fn is_unprocessed(&self) -> bool {
        self.processing.is_some_and(|state| state != processing::COMPLETE)
    }
}

macro_rules! select {
    ($rest:literal, $ids:expr) => {
        sqlx::query_as!(
            MediaAttachmentRow,
            r#"SELECT id, account_id, status_id, scheduled_status_id, type AS kind, processing, file_file_name, file_content_type,
                      file_storage_schema_version, file_meta AS "file_meta: Json<Box<RawValue>>", thumbnail_file_name,
                      thumbnail_storage_schema_version, thumbnail_remote_url, remote_url, shortcode, description, blurhash
               FROM media_attachments WHERE "#
                + $rest,
            $ids,
        )
    };
}

/// Files by their own ids, in no particular order.
///
/// # Errors
/// The database failed.
pub async fn load(conn: &mut PgConnection, ids: &[MediaAttachmentId]) -> Result<Vec<MediaAttachmentRow>, sqlx::Error> {
    select!("id = ANY($1)", ids).fetch_all(conn).await
}

/// Files of statuses, in the order of ids.
///
/// # Errors
/// The database failed.
pub async fn of_statuses(conn: &mut PgConnection, statuses: &[StatusId]) -> Result<Vec<MediaAttachmentRow>, sqlx::Error> {
    select!("status_id = ANY($1) ORDER BY id", statuses).fetch_all(conn).await
}

/// Files that wait with scheduled statuses, in the order of ids.
///
/// # Errors
/// The database failed.
pub async fn of_scheduled_statuses(conn: &mut PgConnection, scheduled: &[i64]) -> Result<Vec<MediaAttachmentRow>, sqlx::Error> {
    select!("scheduled_status_id = ANY($1) ORDER BY id", scheduled).fetch_all(conn).await
}
