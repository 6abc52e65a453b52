//! Fetches a remote attachment.

use db::StatusId;
use db::media_attachments::processing;
use jobs::Job;
use jobs::feed::Distribute;
use jobs::media::DownloadMedia;
use media::paths::Attachment;
use media::{AUDIO_LIMIT, Focus, IMAGE_LIMIT, Thumbnail, Upload, merge_meta};
use serde_json::Value;

use super::remote_file::{self, Former, judge};
use crate::context::Context;
use crate::registry::JobError;

struct MediaRow {
    remote_url: String,
    thumbnail_remote_url: Option<String>,
    file_meta: Option<Value>,
    blurhash: Option<String>,
    domain: String,
    file_file_name: Option<String>,
    file_storage_schema_version: Option<i32>,
    thumbnail_file_name: Option<String>,
    thumbnail_storage_schema_version: Option<i32>,
}

/// The post waits for its files, but not for one that fails.
pub(crate) async fn run(context: &Context, job: DownloadMedia) -> Result<(), JobError> {
    let result = fetch(context, job.media_id).await;
    if let Some(status_id) = complete(context, job.media_id, result.is_err()).await? {
        let mut conn = context.db.acquire().await?;
        jobs::hasten(&mut conn, &Distribute { status_id, skip_notifications: false }).await?;
    }
    remote_file::tell(context).await;
    result
}

/// The post of a file, if none of the others is still to come or `failed`.
async fn complete(context: &Context, id: i64, failed: bool) -> Result<Option<StatusId>, sqlx::Error> {
    let status = sqlx::query_scalar!(
        r#"
        SELECT m.status_id FROM media_attachments m
        WHERE m.id = $1 AND ($2 OR NOT EXISTS (
          SELECT FROM media_attachments other
          WHERE other.status_id = m.status_id AND other.file_file_name IS NULL AND EXISTS (
            SELECT FROM ferrodon.job j WHERE j.kind = $3 AND (j.dedup_key = other.id::text
              OR j.worker IS NOT NULL AND j.args::json ->> 'media_id' = other.id::text))))
        "#,
        id,
        failed,
        DownloadMedia::KIND
    )
    .fetch_optional(&mut *context.db.acquire().await?)
    .await?;
    Ok(status.flatten())
}

async fn fetch(context: &Context, id: i64) -> Result<(), JobError> {
    let row = find(context, id).await?.ok_or(JobError::Discard("the attachment is gone or not to be had"))?;
    let rule = db::domain_blocks::rule_for(&mut *context.db.acquire().await?, &row.domain).await?;
    if rule.is_some_and(|rule| rule.reject_media) {
        return Err(JobError::Discard("media of this server are not taken"));
    }
    let file = remote_file::fetch(context, &row.remote_url, AUDIO_LIMIT).await?;
    let focus = row.file_meta.as_ref().and_then(focus_of);
    let upload = Upload { path: &file.path, file_name: &file.name, remote: true, focus, delay_original: false };
    let processed = context.media.process(upload).await.map_err(judge)?;
    let small = processed.small.as_ref().map(|small| ("small", small));
    let small: Vec<_> = small.into_iter().collect();
    let stored = remote_file::store(context, Attachment::MediaFile, id, &processed.original, &small).await?;
    let chosen = thumbnail(context, row.thumbnail_remote_url.as_deref()).await;
    let mut meta = merge_meta(row.file_meta.as_ref(), &processed.meta);
    let mut blurhash = row.blurhash.or(processed.blurhash);
    let mut cover = processed.thumbnail;
    if let Some(chosen) = chosen {
        meta = merge_meta(Some(&meta), &chosen.meta);
        blurhash = blurhash.or(Some(chosen.blurhash));
        cover = Some(chosen.file);
    }
    let cover = match &cover {
        Some(cover) => Some(remote_file::store(context, Attachment::MediaThumbnail, id, cover, &[]).await?),
        None => None,
    };
    sqlx::query!(
        r#"
        UPDATE media_attachments
        SET type = $2, file_file_name = $3, file_content_type = $4, file_file_size = $5, file_meta = $6, blurhash = $7,
          processing = $8, file_storage_schema_version = 1, file_updated_at = now() AT TIME ZONE 'utc',
          thumbnail_file_name = COALESCE($9, thumbnail_file_name), thumbnail_content_type = COALESCE($10, thumbnail_content_type),
          thumbnail_file_size = COALESCE($11, thumbnail_file_size),
          thumbnail_storage_schema_version = CASE WHEN $9::text IS NULL THEN thumbnail_storage_schema_version ELSE 1 END,
          thumbnail_updated_at = CASE WHEN $9::text IS NULL THEN thumbnail_updated_at ELSE now() AT TIME ZONE 'utc' END,
          updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        id,
        processed.kind.code(),
        stored.file_name,
        stored.content_type,
        stored.size,
        meta,
        blurhash,
        processing::COMPLETE,
        cover.as_ref().map(|cover| cover.file_name.as_str()),
        cover.as_ref().map(|cover| cover.content_type),
        cover.as_ref().map(|cover| cover.size)
    )
    .execute(&mut *context.db.acquire().await?)
    .await?;
    let former = Former { file_name: row.file_file_name, schema_version: row.file_storage_schema_version };
    former.remove(context, Attachment::MediaFile, id).await;
    if cover.is_some() {
        let former = Former { file_name: row.thumbnail_file_name, schema_version: row.thumbnail_storage_schema_version };
        former.remove(context, Attachment::MediaThumbnail, id).await;
    }
    Ok(())
}

async fn find(context: &Context, id: i64) -> Result<Option<MediaRow>, JobError> {
    let row = sqlx::query_as!(
        MediaRow,
        r#"
        SELECT m.remote_url, m.thumbnail_remote_url, m.file_meta, m.blurhash, a.domain AS "domain!", m.file_file_name,
          m.file_storage_schema_version, m.thumbnail_file_name, m.thumbnail_storage_schema_version
        FROM media_attachments m JOIN accounts a ON a.id = m.account_id
        WHERE m.id = $1 AND m.remote_url <> '' AND a.domain IS NOT NULL AND a.suspended_at IS NULL
        "#,
        id
    )
    .fetch_optional(&mut *context.db.acquire().await?)
    .await?;
    Ok(row)
}

fn focus_of(meta: &Value) -> Option<Focus> {
    let focus = meta.get("focus")?;
    Focus::from_remote(focus.get("x")?.as_f64()?, focus.get("y")?.as_f64()?)
}

/// Without it, the file is shown all the same.
async fn thumbnail(context: &Context, url: Option<&str>) -> Option<Thumbnail> {
    let url = url.filter(|url| !url.is_empty())?;
    let file = remote_file::fetch(context, url, IMAGE_LIMIT).await.ok()?;
    context.media.thumbnail(&file.path, &file.name).await.ok()
}
