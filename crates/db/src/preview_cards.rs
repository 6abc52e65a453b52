//! `preview_cards`: what a link leads to.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

use crate::{AccountId, StatusId};

#[derive(Debug, Clone)]
pub struct PreviewCardRow {
    pub id: i64,
    /// The status that it is shown with, if it is.
    pub status_id: Option<StatusId>,
    /// The address as it was posted, if it was kept.
    pub original_url: Option<String>,
    pub url: String,
    pub title: String,
    pub description: String,
    pub language: Option<String>,
    pub kind: i32,
    pub author_name: String,
    pub author_url: String,
    pub author_account_id: Option<AccountId>,
    pub unverified_author_account_id: Option<AccountId>,
    pub provider_name: String,
    pub provider_url: String,
    pub html: String,
    pub width: i32,
    pub height: i32,
    pub image_file_name: Option<String>,
    pub image_storage_schema_version: Option<i32>,
    pub image_description: String,
    pub embed_url: String,
    pub blurhash: Option<String>,
    pub published_at: Option<NaiveDateTime>,
}

/// The cards of statuses, one row for each pair.
///
/// # Errors
/// The database failed.
pub async fn of_statuses(conn: &mut PgConnection, statuses: &[StatusId]) -> Result<Vec<PreviewCardRow>, sqlx::Error> {
    sqlx::query_as!(
        PreviewCardRow,
        r#"
        SELECT c.id, cs.status_id AS "status_id?", cs.url AS original_url, c.url, c.title, c.description, c.language, c.type AS kind,
               c.author_name, c.author_url, c.author_account_id, c.unverified_author_account_id, c.provider_name, c.provider_url,
               c.html, c.width, c.height, c.image_file_name, c.image_storage_schema_version, c.image_description, c.embed_url,
               c.blurhash, c.published_at
        FROM preview_cards_statuses cs JOIN preview_cards c ON c.id = cs.preview_card_id
        WHERE cs.status_id = ANY($1)
        "#,
        statuses,
    )
    .fetch_all(conn)
    .await
}

/// Cards that stand alone, in the order of `ids`; those that do not exist are left out.
///
/// # Errors
/// The database failed.
pub async fn load(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<PreviewCardRow>, sqlx::Error> {
    sqlx::query_as!(
        PreviewCardRow,
        r#"
        SELECT c.id, NULL::bigint AS status_id, NULL::text AS original_url, c.url, c.title, c.description, c.language,
               c.type AS kind, c.author_name, c.author_url, c.author_account_id, c.unverified_author_account_id,
               c.provider_name, c.provider_url, c.html, c.width, c.height, c.image_file_name, c.image_storage_schema_version,
               c.image_description, c.embed_url, c.blurhash, c.published_at
        FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN preview_cards c ON c.id = asked.id
        ORDER BY asked.place
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
}

/// What decides whether a link may trend: its own flag, and the publisher that its address belongs to.
#[derive(Debug, Clone)]
pub struct CardReviewRow {
    pub id: i64,
    pub title: String,
    /// The host of its address.
    pub host: Option<String>,
    pub trendable: Option<bool>,
    pub max_score: Option<f64>,
    pub max_score_at: Option<NaiveDateTime>,
    pub language: Option<String>,
    pub provider_id: Option<i64>,
    pub provider_trendable: Option<bool>,
    pub provider_reviewed_at: Option<NaiveDateTime>,
    pub provider_requested_review_at: Option<NaiveDateTime>,
}

impl CardReviewRow {
    /// Its own flag, else its publisher's; nobody's word is no.
    #[must_use]
    pub fn is_trendable(&self) -> bool {
        self.trendable.or(self.provider_trendable).unwrap_or(false)
    }

    #[must_use]
    pub fn requires_review(&self) -> bool {
        self.trendable.is_none() && (self.provider_id.is_none() || self.provider_reviewed_at.is_none())
    }
}

/// By id. The publisher of a card is the one with the longest domain that its host is or lies under.
///
/// # Errors
/// The database failed.
pub async fn reviews(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<CardReviewRow>, sqlx::Error> {
    sqlx::query_as!(
        CardReviewRow,
        r#"
        SELECT c.id, c.title, array_to_string(h.parts, '.') AS host, c.trendable, c.max_score, c.max_score_at, c.language,
               p.id AS "provider_id?", p.trendable AS "provider_trendable?", p.reviewed_at AS "provider_reviewed_at?",
               p.requested_review_at AS "provider_requested_review_at?"
        FROM preview_cards c
        CROSS JOIN LATERAL (
            SELECT string_to_array(lower(substring(c.url FROM '^[A-Za-z]+://(?:[^/?#@]*@)?([^:/?#]+)')), '.') AS parts
        ) h
        LEFT JOIN LATERAL (
            SELECT p.id, p.trendable, p.reviewed_at, p.requested_review_at FROM preview_card_providers p
            WHERE p.domain = ANY (ARRAY(
                SELECT array_to_string(h.parts[place:], '.') FROM generate_subscripts(h.parts, 1) place))
            ORDER BY char_length(p.domain) DESC LIMIT 1
        ) p ON true
        WHERE c.id = ANY($1)
        ORDER BY c.id
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
}

/// The card of a status that is shown as an article: only such links trend.
///
/// # Errors
/// The database failed.
pub async fn trending_of(conn: &mut PgConnection, status: StatusId) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT c.id FROM preview_cards_statuses cs JOIN preview_cards c ON c.id = cs.preview_card_id
        WHERE cs.status_id = $1 AND c.type = 0 AND c.link_type = 1 AND c.title <> '' AND c.description <> ''
          AND c.image_file_name <> '' AND c.provider_name <> ''
        LIMIT 1
        "#,
        status,
    )
    .fetch_optional(conn)
    .await
}
