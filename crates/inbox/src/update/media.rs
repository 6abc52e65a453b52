//! Files of an edited post, recognised by their addresses.

use activitypub::document::Note;
use db::{MediaAttachmentId, PgConnection};
use jobs::media::DownloadMedia;
use serde_json::Value;

use super::StatusRow;
use crate::activity::RemoteAccount;
use crate::create::media::{self, File};
use crate::error::Result;

struct MediaRow {
    id: MediaAttachmentId,
    remote_url: String,
    thumbnail_remote_url: Option<String>,
    description: Option<String>,
    file_meta: Option<Value>,
}

/// The ids in the new order, and whether anything that is read has changed. Files that fell away stay for the history.
pub(super) async fn update(
    conn: &mut PgConnection,
    actor: &RemoteAccount,
    row: &StatusRow,
    note: Note<'_>,
) -> Result<(Vec<MediaAttachmentId>, bool)> {
    let known = sqlx::query_as!(
        MediaRow,
        "SELECT id, remote_url, thumbnail_remote_url, description, file_meta FROM media_attachments WHERE status_id = $1 ORDER BY id",
        row.id
    )
    .fetch_all(&mut *conn)
    .await?;
    let welcome = media::are_welcome(conn, &actor.domain).await?;
    let mut ids = Vec::new();
    let mut changed = false;
    for file in media::files(note) {
        match known.iter().find(|known| known.remote_url == file.url && !ids.contains(&known.id)) {
            Some(known) => {
                changed |= describe(conn, known, &file, welcome).await?;
                ids.push(known.id);
            }
            None => ids.push(media::insert(conn, actor.id, row.id, &file, welcome).await?),
        }
    }
    let before = match &row.ordered_media_attachment_ids {
        Some(ids) => ids.clone(),
        None => known.iter().map(|known| known.id).collect(),
    };
    changed |= ids != before;
    Ok((ids, changed))
}

async fn describe(conn: &mut PgConnection, known: &MediaRow, file: &File, welcome: bool) -> Result<bool> {
    let focus = file.focus.as_ref().and_then(|meta| meta.get("focus"));
    let stored_focus = known.file_meta.as_ref().and_then(|meta| meta.get("focus"));
    let focus_changed = focus.is_some() && focus != stored_focus;
    let description_changed = known.description != file.description;
    let thumbnail_changed = known.thumbnail_remote_url != file.thumbnail_url;
    if !(focus_changed || description_changed || thumbnail_changed) {
        return Ok(false);
    }
    let meta = match &file.focus {
        Some(new) if focus_changed => Some(::media::merge_meta(known.file_meta.as_ref(), new)),
        _ => known.file_meta.clone(),
    };
    sqlx::query!(
        "UPDATE media_attachments SET description = $2, thumbnail_remote_url = $3, file_meta = $4,
           updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        known.id,
        file.description,
        file.thumbnail_url,
        meta
    )
    .execute(&mut *conn)
    .await?;
    if thumbnail_changed && welcome {
        jobs::enqueue(conn, &DownloadMedia { media_id: known.id }).await?;
    }
    Ok(focus_changed || description_changed)
}
