//! Fetches a custom emoji of another server and makes or changes its row.

use jobs::media::DownloadEmoji;
use media::PictureKind;
use media::paths::Attachment;

use super::remote_file::{self, Former, judge};
use crate::context::Context;
use crate::registry::JobError;

const LIMIT: u64 = 256 * 1024;

pub(crate) async fn run(context: &Context, job: DownloadEmoji) -> Result<(), JobError> {
    let usable = job.shortcode.len() >= 2 && job.shortcode.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !usable {
        return Err(JobError::Discard("no usable shortcode"));
    }
    let rule = db::domain_blocks::rule_for(&mut *context.db.acquire().await?, &job.domain).await?;
    if rule.is_some_and(|rule| rule.reject_media) {
        return Err(JobError::Discard("media of this server are not taken"));
    }
    let file = remote_file::fetch(context, &job.url, LIMIT).await?;
    let picture = context.media.picture(PictureKind::Emoji, &file.path, &file.name, true).await.map_err(judge)?;
    let mut tx = context.db.begin().await?;
    let row = sqlx::query!(
        r#"
        INSERT INTO custom_emojis AS e (shortcode, domain, uri, image_remote_url, created_at, updated_at)
        VALUES ($1, $2, $3, $4, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (shortcode, domain) DO UPDATE SET uri = COALESCE(excluded.uri, e.uri)
        RETURNING id, image_file_name, image_storage_schema_version
        "#,
        job.shortcode,
        job.domain,
        job.uri,
        job.url
    )
    .fetch_one(&mut *tx)
    .await?;
    let styles: Vec<_> = picture.styles.iter().map(|(name, style)| (*name, style)).collect();
    let stored = remote_file::store(context, Attachment::CustomEmojiImage, row.id, &picture.original, &styles).await?;
    sqlx::query!(
        "UPDATE custom_emojis SET image_remote_url = $2, image_file_name = $3, image_content_type = $4, image_file_size = $5,
           image_storage_schema_version = 1, image_updated_at = now() AT TIME ZONE 'utc', updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1",
        row.id,
        job.url,
        stored.file_name,
        stored.content_type,
        stored.size
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    remote_file::tell(context).await;
    let former = Former { file_name: row.image_file_name, schema_version: row.image_storage_schema_version };
    former.remove(context, Attachment::CustomEmojiImage, row.id).await;
    Ok(())
}
