//! Files of posts: rows at once, the files themselves by jobs.

use activitypub::document::Note;
use db::media_attachments::kind;
use db::{AccountId, MediaAttachmentId, PgConnection, StatusId};
use jobs::media::DownloadMedia;
use media::Focus;
use serde_json::{Value, json};

use crate::error::Result;

/// A file as the sender describes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct File {
    pub(crate) url: String,
    pub(crate) thumbnail_url: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) focus: Option<Value>,
    pub(crate) blurhash: Option<String>,
    /// Of a type that is worth fetching.
    pub(crate) supported: bool,
}

pub(crate) fn files(note: Note<'_>) -> Vec<File> {
    let read = |attachment: activitypub::document::Attachment<'_>| {
        let kind = attachment.content_type().filter(|kind| !kind.is_empty());
        Some(File {
            url: attachment.remote_url()?,
            thumbnail_url: attachment.thumbnail_remote_url(),
            description: attachment.description(),
            focus: attachment.focus().and_then(|(x, y)| Focus::from_remote(x, y)).map(|focus| json!({"focus": focus.to_json()})),
            blurhash: attachment.blurhash().map(str::to_owned),
            supported: kind.is_none_or(|kind| media::advertised_types().contains(&kind)),
        })
    };
    note.attachments().filter_map(read).collect()
}

/// Makes the row. The type is unknown until the file is here.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    file: &File,
    download: bool,
) -> Result<MediaAttachmentId> {
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO media_attachments (account_id, status_id, remote_url, thumbnail_remote_url, description, file_meta, blurhash,
          type, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        account_id,
        status_id,
        file.url,
        file.thumbnail_url,
        file.description,
        file.focus,
        file.blurhash,
        kind::UNKNOWN
    )
    .fetch_one(&mut *conn)
    .await?;
    if download && file.supported {
        jobs::enqueue(conn, &DownloadMedia { media_id: id }).await?;
    }
    Ok(id)
}

/// Whether files of this server are taken at all.
pub(crate) async fn are_welcome(conn: &mut PgConnection, domain: &str) -> Result<bool, sqlx::Error> {
    Ok(!db::domain_blocks::rule_for(conn, domain).await?.is_some_and(|rule| rule.reject_media))
}
