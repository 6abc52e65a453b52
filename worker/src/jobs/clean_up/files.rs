//! Files: those nobody posted, and copies of other servers' that can be fetched again.

use chrono::{NaiveDateTime, TimeDelta};
use db::{MediaAttachmentId, PgConnection};
use jobs::media::DeleteFiles;
use media::paths::{self, Attachment};
use services::upload_media;

use super::PIECE;
use super::walk::{Table, Window, walk};
use crate::context::Context;
use crate::registry::JobError;

/// Pieces of one round.
const PIECES: usize = 20;
/// Files of one job.
const FILES: usize = 300;

/// A day old, and neither posted nor waiting with a scheduled post. What was freed by a deletion for a new draft has a day from then.
pub(super) async fn unattached(context: &Context) -> Result<u64, JobError> {
    let before = context.clock.now_naive() - TimeDelta::days(1);
    let mut removed = 0;
    for _ in 0..PIECES {
        let mut tx = context.db.begin().await?;
        let due: Vec<MediaAttachmentId> = sqlx::query_scalar!(
            "SELECT id FROM media_attachments
             WHERE status_id IS NULL AND scheduled_status_id IS NULL AND created_at < $1 AND updated_at < $1
             LIMIT $2 FOR UPDATE SKIP LOCKED",
            before,
            PIECE
        )
        .fetch_all(&mut *tx)
        .await?;
        if due.is_empty() {
            break;
        }
        for ids in due.chunks(FILES) {
            upload_media::delete_with_files(&mut tx, ids).await?;
        }
        tx.commit().await?;
        removed += u64::try_from(due.len()).unwrap_or_default();
    }
    Ok(removed)
}

/// The row stays with the address, so that the file is fetched again when somebody looks.
pub(super) async fn cached_media(context: &Context, before: NaiveDateTime) -> Result<u64, JobError> {
    walk(context, Table::MediaAttachments, i64::MAX, |window| uncache_media(context, before, window)).await
}

async fn uncache_media(context: &Context, before: NaiveDateTime, window: Window) -> Result<u64, JobError> {
    let mut tx = context.db.begin().await?;
    let gone = sqlx::query!(
        r#"
        UPDATE media_attachments m
        SET file_file_name = NULL, file_content_type = NULL, file_file_size = NULL, file_updated_at = NULL,
          thumbnail_file_name = NULL, thumbnail_content_type = NULL, thumbnail_file_size = NULL, thumbnail_updated_at = NULL,
          updated_at = now() AT TIME ZONE 'utc'
        FROM (
          SELECT id, file_file_name, file_storage_schema_version, thumbnail_file_name, thumbnail_storage_schema_version
          FROM media_attachments
          WHERE id > $1 AND id <= $2 AND remote_url <> '' AND file_file_name <> '' AND created_at < $3 AND updated_at < $3
          FOR UPDATE
        ) old
        WHERE m.id = old.id
        RETURNING old.id, old.file_file_name, old.file_storage_schema_version, old.thumbnail_file_name,
          old.thumbnail_storage_schema_version
        "#,
        window.after,
        window.to,
        before
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut keys = Vec::new();
    for row in &gone {
        add_keys(&mut keys, Attachment::MediaFile, row.id, row.file_file_name.as_deref(), row.file_storage_schema_version);
        let (name, version) = (row.thumbnail_file_name.as_deref(), row.thumbnail_storage_schema_version);
        add_keys(&mut keys, Attachment::MediaThumbnail, row.id, name, version);
    }
    delete_files(&mut tx, &keys).await?;
    tx.commit().await?;
    Ok(u64::try_from(gone.len()).unwrap_or_default())
}

/// A card without its picture stays a card.
pub(super) async fn card_images(context: &Context, before: NaiveDateTime) -> Result<u64, JobError> {
    walk(context, Table::PreviewCards, i64::MAX, |window| remove_images(context, before, window)).await
}

async fn remove_images(context: &Context, before: NaiveDateTime, window: Window) -> Result<u64, JobError> {
    let mut tx = context.db.begin().await?;
    let gone = sqlx::query!(
        r#"
        UPDATE preview_cards c
        SET image_file_name = NULL, image_content_type = NULL, image_file_size = NULL, image_updated_at = NULL,
          updated_at = now() AT TIME ZONE 'utc'
        FROM (
          SELECT id, image_file_name, image_storage_schema_version FROM preview_cards
          WHERE id > $1 AND id <= $2 AND image_file_name <> '' AND updated_at < $3
          FOR UPDATE
        ) old
        WHERE c.id = old.id
        RETURNING old.id, old.image_file_name, old.image_storage_schema_version
        "#,
        window.after,
        window.to,
        before
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut keys = Vec::new();
    for row in &gone {
        let (name, version) = (row.image_file_name.as_deref(), row.image_storage_schema_version);
        add_keys(&mut keys, Attachment::PreviewCardImage, row.id, name, version);
    }
    delete_files(&mut tx, &keys).await?;
    tx.commit().await?;
    Ok(u64::try_from(gone.len()).unwrap_or_default())
}

/// Archives that people asked for.
pub(super) async fn backups(context: &Context, before: NaiveDateTime) -> Result<u64, JobError> {
    let mut tx = context.db.begin().await?;
    let gone = sqlx::query!(
        "DELETE FROM backups WHERE id IN (SELECT id FROM backups WHERE created_at < $1 ORDER BY id LIMIT $2)
         RETURNING id, dump_file_name",
        before,
        PIECE
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut keys = Vec::new();
    for row in &gone {
        add_keys(&mut keys, Attachment::BackupDump, row.id, row.dump_file_name.as_deref(), None);
    }
    delete_files(&mut tx, &keys).await?;
    tx.commit().await?;
    Ok(u64::try_from(gone.len()).unwrap_or_default())
}

/// `version`: of a copy; files of ours have none.
fn add_keys(keys: &mut Vec<String>, kind: Attachment, id: i64, name: Option<&str>, version: Option<i32>) {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return };
    let cached = paths::cached(version, true);
    keys.extend(kind.styles().iter().map(|style| paths::attachment(kind, id, style, name, cached)));
}

async fn delete_files(conn: &mut PgConnection, keys: &[String]) -> Result<(), JobError> {
    let jobs: Vec<DeleteFiles> = keys.chunks(FILES).map(|keys| DeleteFiles { keys: keys.to_vec() }).collect();
    Ok(jobs::enqueue_many(conn, &jobs).await?)
}
