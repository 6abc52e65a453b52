//! Uploads: their rows and files, descriptions and focal points. What is in a file is the media package's affair.

use db::media_attachments::processing;
use db::{AccountId, MediaAttachmentId};
use jobs::media::{DeleteFiles, ProcessMedia};
use media::paths::{self, Attachment};
use media::{Processed, Rendition, Store, Thumbnail, random_file_name};
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::error::{Error, Result};

/// In graphemes.
pub const MAX_DESCRIPTION: usize = 10_000;

/// `_storage_schema_version` of what is stored today.
const STORAGE_VERSION: i32 = 1;

/// An upload whose files lie in the store; its row is still to be written.
#[derive(Debug)]
pub struct Placed {
    pub id: MediaAttachmentId,
    kind: i32,
    file: PlacedFile,
    thumbnail: Option<PlacedFile>,
    meta: Value,
    blurhash: Option<String>,
    delayed: bool,
}

#[derive(Debug)]
struct PlacedFile {
    name: String,
    content_type: &'static str,
    size: i32,
}

/// The id of an upload to come: its files are stored under it before its row is there.
///
/// # Errors
/// The database fails.
pub async fn next_id(conn: &mut PgConnection) -> Result<MediaAttachmentId> {
    Ok(sqlx::query_scalar!(r#"SELECT timestamp_id('media_attachments') AS "id!""#).fetch_one(conn).await?)
}

/// Stores the files. `thumbnail` is one that the client sent; it wins over the cover of a sound file.
///
/// # Errors
/// The store fails; what was stored by then is removed.
pub async fn place(
    store: &Store,
    id: MediaAttachmentId,
    processed: Processed,
    thumbnail: Option<Thumbnail>,
) -> std::io::Result<Placed> {
    let mut meta = processed.meta;
    let mut blurhash = processed.blurhash;
    let mut cover = processed.thumbnail;
    if let Some(thumbnail) = thumbnail {
        meta = media::merge_meta(Some(&thumbnail.meta), &meta);
        if let Some(small) = thumbnail.meta.get("small") {
            meta = media::merge_meta(Some(&meta), &json!({ "small": small }));
        }
        blurhash = Some(thumbnail.blurhash);
        cover = Some(thumbnail.file);
    }
    let name = random_file_name(processed.original.extension);
    let placed = Placed {
        id,
        kind: processed.kind.code(),
        file: PlacedFile::new(&name, &processed.original),
        thumbnail: cover.as_ref().map(|cover| PlacedFile::new(&random_file_name(cover.extension), cover)),
        meta,
        blurhash,
        delayed: processed.delayed,
    };
    let stored = async {
        put(store, Attachment::MediaFile, id, "original", &name, &processed.original).await?;
        if let Some(small) = &processed.small {
            put(store, Attachment::MediaFile, id, "small", &name, small).await?;
        }
        if let (Some(cover), Some(file)) = (&cover, &placed.thumbnail) {
            put(store, Attachment::MediaThumbnail, id, "original", &file.name, cover).await?;
        }
        Ok(())
    };
    match stored.await {
        Ok(()) => Ok(placed),
        Err(error) => {
            placed.discard(store).await;
            Err(error)
        }
    }
}

impl PlacedFile {
    fn new(name: &str, rendition: &Rendition) -> Self {
        let size = i32::try_from(rendition.size).unwrap_or(i32::MAX);
        Self { name: name.to_owned(), content_type: rendition.content_type, size }
    }
}

impl Placed {
    /// Takes the files away again: the row could not be written.
    pub async fn discard(&self, store: &Store) {
        let mut removed = vec![store.delete_all(Attachment::MediaFile, self.id, &self.file.name, false).await];
        if let Some(thumbnail) = &self.thumbnail {
            removed.push(store.delete_all(Attachment::MediaThumbnail, self.id, &thumbnail.name, false).await);
        }
        for error in removed.into_iter().filter_map(std::result::Result::err) {
            tracing::warn!(target: "ferrodon", %error, media_id = self.id, "the files of an upload that failed stay behind");
        }
    }
}

async fn put(
    store: &Store,
    kind: Attachment,
    id: MediaAttachmentId,
    style: &str,
    name: &str,
    rendition: &Rendition,
) -> std::io::Result<()> {
    store.put(&paths::attachment(kind, id, style, name, false), rendition.path()).await
}

/// Writes the row of an upload whose files are there; the worker converts an original that waits for it.
///
/// # Errors
/// The description is too long.
pub async fn insert(conn: &mut PgConnection, account: AccountId, placed: &Placed, description: Option<&str>) -> Result<()> {
    let description = description.map(clean_description).transpose()?;
    let state = if placed.delayed { processing::QUEUED } else { processing::COMPLETE };
    let thumbnail = placed.thumbnail.as_ref();
    sqlx::query!(
        r#"
        INSERT INTO media_attachments (id, account_id, type, processing, description, blurhash, file_meta,
          file_file_name, file_content_type, file_file_size, file_updated_at, file_storage_schema_version,
          thumbnail_file_name, thumbnail_content_type, thumbnail_file_size, thumbnail_updated_at,
          thumbnail_storage_schema_version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() AT TIME ZONE 'utc', $11, $12::varchar, $13, $14,
          CASE WHEN $12::varchar IS NOT NULL THEN now() AT TIME ZONE 'utc' END,
          CASE WHEN $12::varchar IS NOT NULL THEN $11::int END, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        "#,
        placed.id,
        account,
        placed.kind,
        state,
        description,
        placed.blurhash,
        placed.meta,
        placed.file.name,
        placed.file.content_type,
        placed.file.size,
        STORAGE_VERSION,
        thumbnail.map(|file| file.name.as_str()),
        thumbnail.map(|file| file.content_type),
        thumbnail.map(|file| file.size)
    )
    .execute(&mut *conn)
    .await?;
    if placed.delayed {
        jobs::enqueue(conn, &ProcessMedia { media_id: placed.id }).await?;
    }
    Ok(())
}

/// What a request has to know of an upload before it works on its files.
#[derive(Debug, Clone)]
pub struct Owned {
    pub kind: i32,
    pub processing: Option<i32>,
    pub thumbnail_file_name: Option<String>,
}

/// An upload of the account's own that is in no status, waiting ones included.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find_unattached(conn: &mut PgConnection, account: AccountId, id: MediaAttachmentId) -> Result<Owned> {
    sqlx::query_as!(
        Owned,
        r#"
        SELECT type AS kind, processing, thumbnail_file_name FROM media_attachments
        WHERE id = $1 AND account_id = $2 AND status_id IS NULL AND scheduled_status_id IS NULL
        "#,
        id,
        account
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound)
}

/// Stores a picture that the client chose for a film or a sound. The row is changed by [`set_thumbnail`].
///
/// # Errors
/// The store fails.
pub async fn place_thumbnail(store: &Store, id: MediaAttachmentId, thumbnail: &Thumbnail) -> std::io::Result<String> {
    let name = random_file_name(thumbnail.file.extension);
    put(store, Attachment::MediaThumbnail, id, "original", &name, &thumbnail.file).await?;
    Ok(name)
}

/// The stored picture `name` takes the place of the one before it, whose file goes.
///
/// # Errors
/// The database fails.
pub async fn set_thumbnail(
    conn: &mut PgConnection,
    id: MediaAttachmentId,
    name: &str,
    thumbnail: &Thumbnail,
    before: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE media_attachments
        SET thumbnail_file_name = $2, thumbnail_content_type = $3, thumbnail_file_size = $4,
          thumbnail_updated_at = now() AT TIME ZONE 'utc', thumbnail_storage_schema_version = $5, blurhash = $6,
          file_meta = (COALESCE(file_meta, '{}')::jsonb || $7::jsonb)::json, updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        id,
        name,
        thumbnail.file.content_type,
        i32::try_from(thumbnail.file.size).unwrap_or(i32::MAX),
        STORAGE_VERSION,
        thumbnail.blurhash,
        thumbnail.meta
    )
    .execute(&mut *conn)
    .await?;
    if let Some(before) = before {
        let keys = vec![paths::attachment(Attachment::MediaThumbnail, id, "original", before, false)];
        jobs::enqueue(conn, &DeleteFiles { keys }).await?;
    }
    Ok(())
}

/// Removes an upload of the account's own, with its files.
///
/// # Errors
/// [`Error::NotFound`]; 422 while a status shows it.
pub async fn delete(conn: &mut PgConnection, account: AccountId, id: MediaAttachmentId) -> Result<()> {
    let status =
        sqlx::query_scalar!("SELECT status_id FROM media_attachments WHERE id = $1 AND account_id = $2 FOR UPDATE", id, account)
            .fetch_optional(&mut *conn)
            .await?
            .ok_or(Error::NotFound)?;
    if status.is_some() {
        return Err(Error::unprocessable("Media attachment is currently used by a status"));
    }
    delete_with_files(conn, &[id]).await
}

/// Removes rows, and has the worker remove their files.
///
/// # Errors
/// The database fails.
pub async fn delete_with_files(conn: &mut PgConnection, ids: &[MediaAttachmentId]) -> Result<()> {
    let gone = sqlx::query!(
        r#"
        DELETE FROM media_attachments WHERE id = ANY($1)
        RETURNING id, remote_url, file_file_name, file_storage_schema_version, thumbnail_file_name,
          thumbnail_storage_schema_version
        "#,
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut keys = Vec::new();
    for row in gone {
        let remote = !row.remote_url.is_empty();
        let mut add = |kind: Attachment, name: Option<String>, version: Option<i32>| {
            let Some(name) = name.filter(|name| !name.is_empty()) else { return };
            let cached = paths::cached(version, remote);
            keys.extend(kind.styles().iter().map(|style| paths::attachment(kind, row.id, style, &name, cached)));
        };
        add(Attachment::MediaFile, row.file_file_name, row.file_storage_schema_version);
        add(Attachment::MediaThumbnail, row.thumbnail_file_name, row.thumbnail_storage_schema_version);
    }
    if !keys.is_empty() {
        jobs::enqueue(conn, &DeleteFiles { keys }).await?;
    }
    Ok(())
}

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
