//! The rows of cards, and their pictures.

use chrono::{Duration, NaiveDateTime};
use db::{PgConnection, StatusId};
use media::PictureKind;
use media::paths::Attachment;

use super::card::Draft;
use crate::context::Context;
use crate::jobs::remote_file::{self, Former};
use crate::registry::JobError;

/// Older cards are made anew.
const FRESH: Duration = Duration::weeks(2);
const IMAGE: u64 = 8 * 1024 * 1024;

pub(super) struct Saved {
    pub(super) id: i64,
    pub(super) has_image: bool,
}

/// The card of an address, if it need not be made anew.
pub(super) async fn fresh(conn: &mut PgConnection, url: &str, now: NaiveDateTime) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM preview_cards WHERE url = $1 AND updated_at > $2", url, now - FRESH)
        .fetch_optional(conn)
        .await
}

pub(super) async fn save(conn: &mut PgConnection, draft: &Draft, now: NaiveDateTime) -> Result<Saved, sqlx::Error> {
    sqlx::query_as!(
        Saved,
        r#"
        INSERT INTO preview_cards (url, type, link_type, title, description, html, embed_url, width, height, image_description,
          author_name, author_url, provider_name, provider_url, language, published_at, author_account_id,
          unverified_author_account_id, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19)
        ON CONFLICT (url) DO UPDATE SET type = excluded.type, link_type = excluded.link_type, title = excluded.title,
          description = excluded.description, html = excluded.html, embed_url = excluded.embed_url, width = excluded.width,
          height = excluded.height, image_description = excluded.image_description, author_name = excluded.author_name,
          author_url = excluded.author_url, provider_name = excluded.provider_name, provider_url = excluded.provider_url,
          language = excluded.language, published_at = excluded.published_at,
          author_account_id = excluded.author_account_id,
          unverified_author_account_id = excluded.unverified_author_account_id, updated_at = excluded.updated_at
        RETURNING id, COALESCE(image_file_name, '') <> '' AS "has_image!"
        "#,
        draft.url,
        draft.kind,
        draft.link_type,
        draft.title,
        draft.description,
        draft.html,
        draft.embed_url,
        draft.width,
        draft.height,
        draft.image_description,
        draft.author_name,
        draft.author_url,
        draft.provider_name,
        draft.provider_url,
        draft.language,
        draft.published_at,
        draft.author_account_id,
        draft.unverified_author_account_id,
        now
    )
    .fetch_one(conn)
    .await
}

/// A status has one card. `posted` is the address as it stands in it.
pub(super) async fn attach(conn: &mut PgConnection, status: StatusId, card: i64, posted: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO preview_cards_statuses (status_id, preview_card_id, url)
        SELECT s.id, $2, $3 FROM statuses s
        WHERE s.id = $1 AND s.deleted_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM preview_cards_statuses c WHERE c.status_id = s.id)
        ON CONFLICT DO NOTHING
        "#,
        status,
        card,
        posted
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A card without its picture is better than none.
pub(super) async fn fetch_image(context: &Context, card: i64, url: &str) -> Result<(), JobError> {
    let Ok(file) = remote_file::fetch(context, url, IMAGE).await else { return Ok(()) };
    let picture = match context.media.picture(PictureKind::PreviewCard, &file.path, &file.name, true).await {
        Ok(picture) => picture,
        Err(error) => {
            tracing::debug!(%error, card, "the picture of a card is not taken");
            return Ok(());
        }
    };
    let stored = remote_file::store(context, Attachment::PreviewCardImage, card, &picture.original, &[]).await?;
    let former = sqlx::query_as!(
        FormerRow,
        r#"
        UPDATE preview_cards c
        SET image_file_name = $2, image_content_type = $3, image_file_size = $4, image_storage_schema_version = 1,
          image_updated_at = now() AT TIME ZONE 'utc', blurhash = $5,
          width = CASE WHEN c.type = 0 THEN $6 ELSE c.width END, height = CASE WHEN c.type = 0 THEN $7 ELSE c.height END
        FROM preview_cards before
        WHERE c.id = $1 AND before.id = c.id
        RETURNING before.image_file_name AS file_name, before.image_storage_schema_version AS schema_version
        "#,
        card,
        stored.file_name,
        stored.content_type,
        stored.size,
        picture.blurhash,
        i32::try_from(picture.width).unwrap_or_default(),
        i32::try_from(picture.height).unwrap_or_default()
    )
    .fetch_optional(&mut *context.db.acquire().await?)
    .await?;
    if let Some(former) = former {
        let former = Former { file_name: former.file_name, schema_version: former.schema_version };
        former.remove(context, Attachment::PreviewCardImage, card).await;
    }
    Ok(())
}

struct FormerRow {
    file_name: Option<String>,
    schema_version: Option<i32>,
}
