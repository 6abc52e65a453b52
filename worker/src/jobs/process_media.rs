//! Converts the original of a film or a sound that was taken with 202.

use std::path::Path;

use db::media_attachments::processing;
use db::{MediaAttachmentId, PgConnection};
use jobs::media::{DeleteFiles, ProcessMedia};
use media::Processed;
use media::paths::{self, Attachment};

use crate::context::Context;
use crate::registry::JobError;

struct UploadRow {
    file_file_name: Option<String>,
    processing: Option<i32>,
}

pub(crate) async fn run(context: &Context, job: ProcessMedia) -> Result<(), JobError> {
    let id = job.media_id;
    let Some(name) = begin(context, id).await? else { return Err(JobError::Discard("the upload is gone or done")) };
    let source = context.store.local_path(&paths::attachment(Attachment::MediaFile, id, "original", &name, false))?;
    let converted = convert(context, id, &source, &name).await;
    if converted.is_err() {
        // Whoever waits for it learns that it failed; a second try may still bring it.
        set_state(&mut *context.db.acquire().await?, id, processing::FAILED).await?;
    }
    match converted {
        Err(Failure::Media(media::Error::Io(error))) => Err(error.into()),
        Err(Failure::Media(error)) => {
            tracing::info!(target: "ferrodon", media_id = id, ?error, "an upload could not be converted");
            Ok(())
        }
        Err(Failure::Database(error)) => Err(error.into()),
        Ok(()) => Ok(()),
    }
}

enum Failure {
    Media(media::Error),
    Database(anyhow::Error),
}

impl From<media::Error> for Failure {
    fn from(error: media::Error) -> Self {
        Self::Media(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Media(error.into())
    }
}

/// The stored name of an upload that still waits, marked as being worked on.
async fn begin(context: &Context, id: MediaAttachmentId) -> Result<Option<String>, sqlx::Error> {
    let mut conn = context.db.acquire().await?;
    let row = sqlx::query_as!(UploadRow, "SELECT file_file_name, processing FROM media_attachments WHERE id = $1", id)
        .fetch_optional(&mut *conn)
        .await?;
    let waiting = row.filter(|row| row.processing.is_some_and(|state| state != processing::COMPLETE));
    let Some(name) = waiting.and_then(|row| row.file_file_name) else { return Ok(None) };
    set_state(&mut conn, id, processing::IN_PROGRESS).await?;
    Ok(Some(name))
}

async fn set_state(conn: &mut PgConnection, id: MediaAttachmentId, state: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE media_attachments SET processing = $2 WHERE id = $1 AND processing <> 2", id, state)
        .execute(conn)
        .await?;
    Ok(())
}

async fn convert(context: &Context, id: MediaAttachmentId, source: &Path, name: &str) -> Result<(), Failure> {
    let processed = context.media.finish(source, name).await?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let new_name = format!("{stem}.{}", processed.original.extension);
    let key = |name: &str| paths::attachment(Attachment::MediaFile, id, "original", name, false);
    context.store.put(&key(&new_name), processed.original.path()).await?;
    finish(context, id, &new_name, &processed, (new_name != name).then(|| key(name))).await.map_err(Failure::Database)
}

/// The row shows the new file; the one it was made from goes.
async fn finish(
    context: &Context,
    id: MediaAttachmentId,
    name: &str,
    processed: &Processed,
    replaced: Option<String>,
) -> anyhow::Result<()> {
    let mut tx = context.db.begin().await?;
    let done = sqlx::query!(
        r#"
        UPDATE media_attachments
        SET file_file_name = $2, file_content_type = $3, file_file_size = $4, file_updated_at = now() AT TIME ZONE 'utc',
          file_meta = (COALESCE(file_meta, '{}')::jsonb || $5::jsonb)::json, processing = 2, type = $6,
          updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        id,
        name,
        processed.original.content_type,
        i32::try_from(processed.original.size).unwrap_or(i32::MAX),
        processed.meta,
        processed.kind.code()
    )
    .execute(&mut *tx)
    .await?;
    // An upload that was deleted meanwhile leaves nothing behind.
    let gone = done.rows_affected() == 0;
    let made = paths::attachment(Attachment::MediaFile, id, "original", name, false);
    let keys: Vec<String> = replaced.into_iter().chain(gone.then_some(made)).collect();
    if !keys.is_empty() {
        jobs::enqueue(&mut tx, &DeleteFiles { keys }).await?;
    }
    tx.commit().await?;
    Ok(())
}
