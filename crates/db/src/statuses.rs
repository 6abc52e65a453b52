//! `statuses` with their counters, application and quote; who may see them; what one account did with them.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

use crate::{AccountId, ConversationId, PollId, StatusId};

/// `statuses.visibility`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Unlisted,
    Private,
    Direct,
    /// For named people of another server's circle; clients see `private`.
    Limited,
}

impl Visibility {
    /// `None` for the names that clients cannot choose.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "public" => Some(Self::Public),
            "unlisted" => Some(Self::Unlisted),
            "private" => Some(Self::Private),
            "direct" => Some(Self::Direct),
            _ => None,
        }
    }

    /// What the column holds. Numbers that Mastodon does not know count as the narrowest.
    #[must_use]
    pub fn from_column(value: i32) -> Self {
        match value {
            0 => Self::Public,
            1 => Self::Unlisted,
            2 => Self::Private,
            4 => Self::Limited,
            _ => Self::Direct,
        }
    }

    #[must_use]
    pub fn column(self) -> i32 {
        match self {
            Self::Public => 0,
            Self::Unlisted => 1,
            Self::Private => 2,
            Self::Direct => 3,
            Self::Limited => 4,
        }
    }

    /// The word that clients see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private | Self::Limited => "private",
            Self::Direct => "direct",
        }
    }

    /// Whether everybody may see it, save those whom the author blocks.
    #[must_use]
    pub fn is_distributable(self) -> bool {
        matches!(self, Self::Public | Self::Unlisted)
    }
}

#[derive(Debug, Clone)]
pub struct StatusRow {
    pub id: StatusId,
    pub account_id: AccountId,
    pub created_at: NaiveDateTime,
    pub edited_at: Option<NaiveDateTime>,
    pub in_reply_to_id: Option<StatusId>,
    pub in_reply_to_account_id: Option<AccountId>,
    pub reblog_of_id: Option<StatusId>,
    pub conversation_id: Option<ConversationId>,
    pub poll_id: Option<PollId>,
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub visibility: i32,
    pub uri: Option<String>,
    pub url: Option<String>,
    /// `None` on very old rows: those without a URI are local then.
    pub local: Option<bool>,
    /// `None`: the order of ids.
    pub ordered_media_attachment_ids: Option<Vec<i64>>,
    pub quote_approval_policy: i32,
    pub application_name: Option<String>,
    pub application_website: Option<String>,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub quotes_count: i64,
    pub quote_id: Option<i64>,
    pub quote_state: Option<i32>,
    pub quote_legacy: Option<bool>,
    pub quoted_status_id: Option<StatusId>,
}

impl StatusRow {
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local.unwrap_or(false) || self.uri.is_none()
    }

    #[must_use]
    pub fn visibility(&self) -> Visibility {
        Visibility::from_column(self.visibility)
    }
}

/// The kept statuses of `ids`, those that they boost, those that either quotes, and what these quote (readers are given its
/// address); in no particular order.
///
/// # Errors
/// The database failed.
pub async fn load_with_nested(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<StatusRow>, sqlx::Error> {
    sqlx::query_as!(
        StatusRow,
        r#"
        WITH own AS (
            SELECT UNNEST($1::bigint[]) AS id
            UNION
            SELECT reblog_of_id FROM statuses WHERE id = ANY($1) AND reblog_of_id IS NOT NULL AND deleted_at IS NULL
        ), quoted AS (
            SELECT q.quoted_status_id AS id FROM quotes q JOIN own ON own.id = q.status_id
            UNION
            SELECT inner_quote.quoted_status_id
            FROM quotes q JOIN own ON own.id = q.status_id JOIN quotes inner_quote ON inner_quote.status_id = q.quoted_status_id
        )
        SELECT s.id AS "id!", s.account_id AS "account_id!", s.created_at AS "created_at!", s.edited_at, s.in_reply_to_id, s.in_reply_to_account_id, s.reblog_of_id,
               s.conversation_id, s.poll_id, s.text AS "text!", s.spoiler_text AS "spoiler_text!", s.sensitive AS "sensitive!", s.language, s.visibility AS "visibility!", s.uri, s.url,
               s.local, s.ordered_media_attachment_ids, s.quote_approval_policy AS "quote_approval_policy!",
               app.name AS "application_name?", app.website AS "application_website?",
               GREATEST(stat.replies_count, 0) AS "replies_count!",
               GREATEST(COALESCE(stat.untrusted_reblogs_count, stat.reblogs_count), 0) AS "reblogs_count!",
               GREATEST(COALESCE(stat.untrusted_favourites_count, stat.favourites_count), 0) AS "favourites_count!",
               GREATEST(stat.quotes_count, 0) AS "quotes_count!",
               q.id AS "quote_id?", q.state AS "quote_state?", q.legacy AS "quote_legacy?", q.quoted_status_id AS "quoted_status_id?"
        FROM statuses s
        LEFT JOIN status_stats stat ON stat.status_id = s.id
        LEFT JOIN oauth_applications app ON app.id = s.application_id
        LEFT JOIN quotes q ON q.status_id = s.id
        WHERE s.id IN (SELECT id FROM own UNION SELECT id FROM quoted) AND s.deleted_at IS NULL
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
}

/// Those of `ids` that were not deleted.
///
/// # Errors
/// The database failed.
pub async fn existing(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM statuses WHERE id = ANY($1) AND deleted_at IS NULL", ids).fetch_all(conn).await
}

/// Those of `ids` that `viewer` may see. This is the only place that decides it.
///
/// Nobody sees what a suspended account wrote. Direct and limited ones are for the author and the mentioned, private ones
/// for followers too, all others for everybody except accounts and servers that the author blocks. A boost is visible if the
/// boosted status is as well.
///
/// # Errors
/// The database failed.
pub async fn visible(conn: &mut PgConnection, viewer: Option<AccountId>, ids: &[StatusId]) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH asked AS (
            SELECT id, reblog_of_id FROM statuses WHERE id = ANY($1) AND deleted_at IS NULL
        ), shown AS (
            SELECT s.id
            FROM statuses s
            JOIN accounts author ON author.id = s.account_id AND author.suspended_at IS NULL
            WHERE s.id IN (SELECT id FROM asked UNION SELECT reblog_of_id FROM asked)
              AND s.deleted_at IS NULL
              AND CASE
                    WHEN s.account_id = $2 THEN true
                    WHEN s.visibility IN (0, 1) THEN $2::bigint IS NULL OR NOT (
                        EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = s.account_id AND b.target_account_id = $2)
                        OR EXISTS (
                            SELECT 1 FROM account_domain_blocks b JOIN accounts v ON v.id = $2 AND v.domain = b.domain
                            WHERE b.account_id = s.account_id
                        )
                    )
                    ELSE EXISTS (SELECT 1 FROM mentions m WHERE m.status_id = s.id AND m.account_id = $2)
                         OR (s.visibility = 2
                             AND EXISTS (SELECT 1 FROM follows f WHERE f.account_id = $2 AND f.target_account_id = s.account_id))
                  END
        )
        SELECT asked.id AS "id!"
        FROM asked JOIN shown ON shown.id = asked.id
        WHERE asked.reblog_of_id IS NULL OR asked.reblog_of_id IN (SELECT id FROM shown)
        "#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await
}

/// Why an account would rather not see a status of somebody, or that of whom it boosts.
#[derive(Debug, Clone, Copy)]
pub struct AversionRow {
    pub status_id: StatusId,
    pub blocking: bool,
    pub blocked_by: bool,
    pub blocking_domain: bool,
    pub muting: bool,
    /// The author is limited and the viewer does not follow.
    pub silenced: bool,
}

/// One row for each of `ids` that exists and is not the viewer's own; boosts count with the boosted author's traits as well.
///
/// # Errors
/// The database failed.
pub async fn aversions(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    ids: &[StatusId],
) -> Result<Vec<AversionRow>, sqlx::Error> {
    sqlx::query_as!(
        AversionRow,
        r#"
        SELECT s.id AS "status_id!",
               COALESCE(bool_or(EXISTS (
                   SELECT 1 FROM blocks b WHERE b.account_id = $2 AND b.target_account_id = author.id)), false) AS "blocking!",
               COALESCE(bool_or(EXISTS (
                   SELECT 1 FROM blocks b WHERE b.account_id = author.id AND b.target_account_id = $2)), false) AS "blocked_by!",
               COALESCE(bool_or(EXISTS (
                   SELECT 1 FROM account_domain_blocks b WHERE b.account_id = $2 AND b.domain = author.domain)), false)
                   AS "blocking_domain!",
               COALESCE(bool_or(EXISTS (
                   SELECT 1 FROM mutes m WHERE m.account_id = $2 AND m.target_account_id = author.id
                       AND (m.expires_at IS NULL OR m.expires_at > now() AT TIME ZONE 'UTC'))), false) AS "muting!",
               COALESCE(bool_or(author.silenced_at IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM follows f WHERE f.account_id = $2 AND f.target_account_id = author.id)), false) AS "silenced!"
        FROM statuses s
        LEFT JOIN statuses o ON o.id = s.reblog_of_id
        JOIN accounts author ON author.id IN (s.account_id, o.account_id)
        WHERE s.id = ANY($1) AND s.account_id IS DISTINCT FROM $2 AND author.id IS DISTINCT FROM $2
        GROUP BY s.id
        "#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await
}

/// What one account did with a status.
#[derive(Debug, Clone, Copy, Default)]
pub struct ViewerRow {
    pub status_id: StatusId,
    pub favourited: bool,
    pub bookmarked: bool,
    pub reblogged: bool,
    pub pinned: bool,
    /// The conversation is muted.
    pub muted: bool,
}

/// # Errors
/// The database failed.
pub async fn viewer_marks(conn: &mut PgConnection, viewer: AccountId, ids: &[StatusId]) -> Result<Vec<ViewerRow>, sqlx::Error> {
    sqlx::query_as!(
        ViewerRow,
        r#"
        SELECT s.id AS status_id,
               EXISTS (SELECT 1 FROM favourites f WHERE f.account_id = $2 AND f.status_id = s.id) AS "favourited!",
               EXISTS (SELECT 1 FROM bookmarks b WHERE b.account_id = $2 AND b.status_id = s.id) AS "bookmarked!",
               EXISTS (SELECT 1 FROM statuses r WHERE r.account_id = $2 AND r.reblog_of_id = s.id AND r.deleted_at IS NULL)
                   AS "reblogged!",
               EXISTS (SELECT 1 FROM status_pins p WHERE p.account_id = $2 AND p.status_id = s.id) AS "pinned!",
               EXISTS (SELECT 1 FROM conversation_mutes m WHERE m.account_id = $2 AND m.conversation_id = s.conversation_id)
                   AS "muted!"
        FROM statuses s
        WHERE s.id = ANY($1)
        "#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await
}
