//! Hashtags, statuses and publishers, as those see them who decide what may trend.

use std::collections::HashMap;

use db::{AccountId, PgConnection, StatusId, TagId};
use kv::Kv;
use serde::Serialize;

use crate::timestamp::Millis;
use crate::{Status, Tag, Urls};

/// A hashtag with what it may be used for.
#[derive(Debug, Clone, Serialize)]
pub struct AdminTag {
    #[serde(flatten)]
    pub tag: Tag,
    pub trendable: bool,
    pub usable: bool,
    pub requires_review: bool,
    pub listable: bool,
}

impl AdminTag {
    /// In the order of `ids`; those that do not exist are left out. `trendable_by_default` is the server's setting: it holds
    /// for tags that nobody decided about.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        kv: &Kv,
        urls: &Urls,
        viewer: Option<AccountId>,
        trendable_by_default: bool,
        ids: &[TagId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT t.id, t.trendable, t.usable, t.listable, t.reviewed_at
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN tags t ON t.id = asked.id
            ORDER BY asked.place
            "#,
            ids
        )
        .fetch_all(&mut *conn)
        .await?;
        let known: Vec<TagId> = rows.iter().map(|row| row.id).collect();
        let tags = Tag::load_many(conn, kv, urls, viewer, &known).await?;
        Ok(rows
            .into_iter()
            .zip(tags)
            .map(|(row, tag)| Self {
                tag,
                trendable: row.trendable.unwrap_or(trendable_by_default),
                usable: row.usable.unwrap_or(true),
                requires_review: row.reviewed_at.is_none(),
                listable: row.listable.unwrap_or(true),
            })
            .collect())
    }
}

/// A status, and whether somebody has to decide about it or its author.
#[derive(Debug, Clone, Serialize)]
pub struct AdminTrendsStatus {
    #[serde(flatten)]
    pub status: Status,
    pub requires_review: bool,
}

impl AdminTrendsStatus {
    /// In the order of `ids`; those that do not exist are left out. Whether the viewer may see them was decided before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        ids: &[StatusId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT s.id, s.trendable IS NULL AND a.reviewed_at IS NULL AS "requires_review!"
            FROM statuses s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = ANY($1)
            "#,
            ids
        )
        .fetch_all(&mut *conn)
        .await?;
        let waiting: HashMap<StatusId, bool> = rows.into_iter().map(|row| (row.id, row.requires_review)).collect();
        let statuses = Status::load_many(conn, urls, Some(viewer), ids).await?;
        Ok(statuses
            .into_iter()
            .map(|status| {
                let requires_review = waiting.get(&status.id.0).copied().unwrap_or_default();
                Self { status, requires_review }
            })
            .collect())
    }
}

/// Somebody whose links trend or do not.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewCardProvider {
    /// A number, unlike other ids.
    pub id: i64,
    pub domain: String,
    pub trendable: Option<bool>,
    pub reviewed_at: Option<Millis>,
    pub requested_review_at: Option<Millis>,
    pub requires_review: bool,
}

impl PreviewCardProvider {
    /// In the order of `ids`; those that do not exist are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT p.id, p.domain, p.trendable, p.reviewed_at, p.requested_review_at
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN preview_card_providers p ON p.id = asked.id
            ORDER BY asked.place
            "#,
            ids
        )
        .fetch_all(conn)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Self {
                id: row.id,
                domain: row.domain,
                trendable: row.trendable,
                requires_review: row.reviewed_at.is_none(),
                reviewed_at: row.reviewed_at.map(Millis),
                requested_review_at: row.requested_review_at.map(Millis),
            })
            .collect())
    }
}
