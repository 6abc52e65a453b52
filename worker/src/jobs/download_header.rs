//! Fetches the header of a remote account, or takes it away where the account has none any more.

use jobs::media::DownloadHeader;
use media::PictureKind;
use media::paths::Attachment;

use super::remote_file::{self, Former, judge};
use crate::context::Context;
use crate::registry::JobError;

const LIMIT: u64 = 8 * 1024 * 1024;

pub(crate) async fn run(context: &Context, job: DownloadHeader) -> Result<(), JobError> {
    let id = job.account_id;
    let row = sqlx::query!(
        r#"
        SELECT COALESCE(header_remote_url, '') AS "url!", header_file_name AS file_name, header_storage_schema_version AS schema_version,
          domain AS "domain!"
        FROM accounts WHERE id = $1 AND domain IS NOT NULL AND suspended_at IS NULL
        "#,
        id
    )
    .fetch_optional(&mut *context.db.acquire().await?)
    .await?
    .ok_or(JobError::Discard("the account is gone or suspended"))?;
    let rule = db::domain_blocks::rule_for(&mut *context.db.acquire().await?, &row.domain).await?;
    if rule.is_some_and(|rule| rule.reject_media) {
        return Err(JobError::Discard("media of this server are not taken"));
    }
    let stored = if row.url.is_empty() {
        None
    } else {
        let file = remote_file::fetch(context, &row.url, LIMIT).await?;
        let picture = context.media.picture(PictureKind::Header, &file.path, &file.name, true).await.map_err(judge)?;
        let styles: Vec<_> = picture.styles.iter().map(|(name, style)| (*name, style)).collect();
        Some(remote_file::store(context, Attachment::Header, id, &picture.original, &styles).await?)
    };
    sqlx::query!(
        "UPDATE accounts SET header_file_name = $2, header_content_type = $3, header_file_size = $4,
           header_storage_schema_version = 1, header_updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        id,
        stored.as_ref().map(|stored| stored.file_name.as_str()),
        stored.as_ref().map(|stored| stored.content_type),
        stored.as_ref().map(|stored| stored.size)
    )
    .execute(&mut *context.db.acquire().await?)
    .await?;
    remote_file::tell(context).await;
    Former { file_name: row.file_name, schema_version: row.schema_version }.remove(context, Attachment::Header, id).await;
    Ok(())
}
