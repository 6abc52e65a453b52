//! Uploads on their way into a status.

use db::{AccountId, MediaAttachmentId, StatusId};
use sqlx::PgConnection;

use crate::error::{Error, Result};

const MAX_FILES: usize = 4;
const IMAGE: i32 = 0;
const UNPROCESSED: [i32; 2] = [0, 1];

struct UploadRow {
    id: MediaAttachmentId,
    kind: i32,
    processing: Option<i32>,
}

/// Locks and checks the uploads a client names: its own, free (or of the status that is edited), processed, and of kinds that
/// go together. In the order asked.
///
/// # Errors
/// The 422 that Mastodon gives for each of these.
pub(crate) async fn check(
    conn: &mut PgConnection,
    author: AccountId,
    edited: Option<StatusId>,
    asked: &[String],
) -> Result<Vec<MediaAttachmentId>> {
    if asked.len() > MAX_FILES {
        return Err(Error::unprocessable("Cannot attach more than 4 files"));
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<MediaAttachmentId> = asked.iter().filter_map(|id| id.parse().ok()).collect();
    let rows = sqlx::query_as!(
        UploadRow,
        r#"
        SELECT id, type AS kind, processing
        FROM media_attachments
        WHERE id = ANY($1) AND account_id = $2 AND scheduled_status_id IS NULL AND (status_id IS NULL OR status_id = $3)
        ORDER BY id
        FOR UPDATE
        "#,
        &ids,
        author,
        edited
    )
    .fetch_all(conn)
    .await?;
    let missing: Vec<&str> = asked
        .iter()
        .filter(|asked| !asked.parse().is_ok_and(|id: MediaAttachmentId| rows.iter().any(|row| row.id == id)))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        return Err(Error::unprocessable(format!("Media {} not found or already attached to another post", missing.join(", "))));
    }
    if rows.len() > 1 && rows.iter().any(|row| row.kind != IMAGE) {
        return Err(Error::unprocessable("Cannot attach a video to a post that already contains images"));
    }
    if rows.iter().any(|row| row.processing.is_some_and(|state| UNPROCESSED.contains(&state))) {
        return Err(Error::unprocessable("Cannot attach files that have not finished processing. Try again in a moment!"));
    }
    let mut ordered = Vec::new();
    for id in ids {
        if !ordered.contains(&id) {
            ordered.push(id);
        }
    }
    Ok(ordered)
}

/// # Errors
/// The database fails.
pub(crate) async fn attach(conn: &mut PgConnection, status_id: StatusId, ids: &[MediaAttachmentId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE media_attachments SET status_id = $1, updated_at = now() AT TIME ZONE 'utc' WHERE id = ANY($2)",
        status_id,
        ids
    )
    .execute(conn)
    .await?;
    Ok(())
}
