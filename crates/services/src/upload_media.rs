//! Uploads: their rows, descriptions and focal points. What is in a file is the media package's affair.

use db::MediaAttachmentId;
use serde_json::json;
use sqlx::PgConnection;

use crate::error::{Error, Result};

/// In graphemes.
pub const MAX_DESCRIPTION: usize = 10_000;

/// Sets what is given. True if anything is another now.
///
/// # Errors
/// The description is too long.
pub async fn update(
    conn: &mut PgConnection,
    id: MediaAttachmentId,
    description: Option<&str>,
    focus: Option<&str>,
) -> Result<bool> {
    let description = description.map(clean_description).transpose()?;
    let focus = focus.and_then(media::Focus::parse).map(|focus| json!({ "focus": focus.to_json() }));
    let changed = sqlx::query!(
        r#"
        UPDATE media_attachments
        SET description = COALESCE($2, description),
          file_meta = CASE WHEN $3::jsonb IS NULL THEN file_meta ELSE (COALESCE(file_meta, '{}')::jsonb || $3)::json END,
          updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
          AND (($2::text IS NOT NULL AND description IS DISTINCT FROM $2)
            OR ($3::jsonb IS NOT NULL AND file_meta::jsonb->'focus' IS DISTINCT FROM $3->'focus'))
        "#,
        id,
        description,
        focus
    )
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Without blanks at the ends and without NULs.
///
/// # Errors
/// 422 when it is too long.
pub fn clean_description(description: &str) -> Result<String> {
    let description = description.replace('\0', "").trim().to_owned();
    if text::length::graphemes(&description) > MAX_DESCRIPTION {
        return Err(Error::invalid(format!("Description is too long (maximum is {MAX_DESCRIPTION} characters)")));
    }
    Ok(description)
}
