//! Files of statuses.

use db::media_attachments::{MediaAttachmentRow, kind};
use db::{MediaAttachmentId, PgConnection, media_attachments};
use media::paths::{Attachment, cached};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Id, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct MediaAttachment {
    pub id: Id,
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Absent until the file has been processed.
    pub url: Option<String>,
    pub preview_url: Option<String>,
    pub remote_url: Option<String>,
    pub preview_remote_url: Option<String>,
    pub text_url: Option<String>,
    /// As stored: `focus`, `colors`, `original`, `small`.
    pub meta: Option<Box<RawValue>>,
    pub description: Option<String>,
    pub blurhash: Option<String>,
}

impl MediaAttachment {
    #[must_use]
    pub fn new(row: &MediaAttachmentRow, urls: &Urls) -> Self {
        let remote = !row.remote_url.is_empty();
        Self {
            id: Id(row.id),
            kind: kind_name(row.kind),
            url: url(row, remote, urls),
            preview_url: preview_url(row, remote, urls),
            remote_url: remote.then(|| row.remote_url.clone()),
            preview_remote_url: row.thumbnail_remote_url.clone().filter(|url| !url.is_empty()),
            text_url: row.shortcode.as_deref().filter(|code| !remote && !code.is_empty()).map(|code| urls.medium(code)),
            meta: row.file_meta.as_ref().map(|meta| meta.0.clone()),
            description: row.description.clone(),
            blurhash: row.blurhash.clone(),
        }
    }

    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, urls: &Urls, id: MediaAttachmentId) -> Result<Option<Self>, sqlx::Error> {
        Ok(media_attachments::load(conn, &[id]).await?.first().map(|row| Self::new(row, urls)))
    }
}

fn kind_name(value: i32) -> &'static str {
    match value {
        kind::IMAGE => "image",
        kind::GIFV => "gifv",
        kind::VIDEO => "video",
        kind::AUDIO => "audio",
        _ => "unknown",
    }
}

fn url(row: &MediaAttachmentRow, remote: bool, urls: &Urls) -> Option<String> {
    if row.is_unprocessed() {
        return None;
    }
    match &row.file_file_name {
        Some(name) => Some(urls.file(Attachment::MediaFile, row.id, "original", name, kept(row, remote))),
        None => remote.then(|| urls.media_proxy(row.id, "original")),
    }
}

/// A separate picture if there is one; else the small style, which audio files lack.
fn preview_url(row: &MediaAttachmentRow, remote: bool, urls: &Urls) -> Option<String> {
    let Some(file) = &row.file_file_name else { return remote.then(|| urls.media_proxy(row.id, "small")) };
    if let Some(name) = row.thumbnail_file_name.as_deref().filter(|name| !name.is_empty()) {
        let kept = cached(row.thumbnail_storage_schema_version, remote);
        return Some(urls.file(Attachment::MediaThumbnail, row.id, "original", name, kept));
    }
    let is_audio = row.file_content_type.as_deref().is_some_and(|kind| kind.starts_with("audio/"));
    (!is_audio && row.kind != kind::AUDIO).then(|| urls.file(Attachment::MediaFile, row.id, "small", file, kept(row, remote)))
}

fn kept(row: &MediaAttachmentRow, remote: bool) -> bool {
    cached(row.file_storage_schema_version, remote)
}
