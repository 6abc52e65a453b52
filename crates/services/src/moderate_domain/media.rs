//! Copies of a server's files, which go when its media are rejected. Where they were is kept.

use db::{AccountId, MediaAttachmentId, PgConnection};
use jobs::media::DeleteFiles;
use media::paths::{self, Attachment};

use crate::error::Result;

/// Rows of one piece.
const PIECE: i64 = 200;

/// Pictures of these accounts.
///
/// # Errors
/// The database fails.
pub async fn clear_pictures(conn: &mut PgConnection, accounts: &[AccountId]) -> Result<()> {
    let rows = sqlx::query!(
        r#"
        SELECT id, avatar_file_name, avatar_storage_schema_version, header_file_name, header_storage_schema_version FROM accounts
        WHERE id = ANY($1) AND (avatar_file_name IS NOT NULL OR header_file_name IS NOT NULL) ORDER BY id FOR UPDATE
        "#,
        accounts
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut keys = Vec::new();
    for row in &rows {
        add(&mut keys, Attachment::Avatar, row.id, row.avatar_file_name.as_deref(), row.avatar_storage_schema_version);
        add(&mut keys, Attachment::Header, row.id, row.header_file_name.as_deref(), row.header_storage_schema_version);
    }
    let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "UPDATE accounts SET avatar_file_name = NULL, avatar_content_type = NULL, avatar_file_size = NULL, avatar_updated_at = NULL,
           header_file_name = NULL, header_content_type = NULL, header_file_size = NULL, header_updated_at = NULL
         WHERE id = ANY($1)",
        &ids
    )
    .execute(&mut *conn)
    .await?;
    delete(conn, keys).await
}

/// The next media of posts of these accounts. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn clear_attachments(conn: &mut PgConnection, accounts: &[AccountId]) -> Result<bool> {
    let rows = sqlx::query!(
        r#"
        SELECT id, file_file_name, file_storage_schema_version, thumbnail_file_name, thumbnail_storage_schema_version
        FROM media_attachments WHERE account_id = ANY($1) AND (file_file_name IS NOT NULL OR thumbnail_file_name IS NOT NULL)
        ORDER BY id LIMIT $2 FOR UPDATE
        "#,
        accounts,
        PIECE
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut keys = Vec::new();
    for row in &rows {
        add(&mut keys, Attachment::MediaFile, row.id, row.file_file_name.as_deref(), row.file_storage_schema_version);
        add(
            &mut keys,
            Attachment::MediaThumbnail,
            row.id,
            row.thumbnail_file_name.as_deref(),
            row.thumbnail_storage_schema_version,
        );
    }
    let ids: Vec<MediaAttachmentId> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "UPDATE media_attachments SET file_file_name = NULL, file_content_type = NULL, file_file_size = NULL, file_updated_at = NULL,
           thumbnail_file_name = NULL, thumbnail_content_type = NULL, thumbnail_file_size = NULL, thumbnail_updated_at = NULL
         WHERE id = ANY($1)",
        &ids
    )
    .execute(&mut *conn)
    .await?;
    delete(conn, keys).await?;
    Ok(i64::try_from(ids.len()) == Ok(PIECE))
}

/// Custom emojis of the domain and of those below it, rows and all. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn clear_emojis(conn: &mut PgConnection, domain: &str) -> Result<bool> {
    let gone = sqlx::query!(
        r#"
        DELETE FROM custom_emojis WHERE id IN (
          SELECT id FROM custom_emojis WHERE domain = $1 OR right(domain, length($1) + 1) = '.' || $1 ORDER BY id LIMIT $2)
        RETURNING id, image_file_name, image_storage_schema_version
        "#,
        domain,
        PIECE
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut keys = Vec::new();
    for row in &gone {
        add(&mut keys, Attachment::CustomEmojiImage, row.id, row.image_file_name.as_deref(), row.image_storage_schema_version);
    }
    delete(conn, keys).await?;
    Ok(!gone.is_empty())
}

fn add(keys: &mut Vec<String>, kind: Attachment, id: i64, name: Option<&str>, version: Option<i32>) {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return };
    let cached = paths::cached(version, true);
    keys.extend(kind.styles().iter().map(|style| paths::attachment(kind, id, style, name, cached)));
}

async fn delete(conn: &mut PgConnection, keys: Vec<String>) -> Result<()> {
    if !keys.is_empty() {
        jobs::enqueue(conn, &DeleteFiles { keys }).await?;
    }
    Ok(())
}
