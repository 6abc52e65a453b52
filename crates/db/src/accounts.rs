//! `accounts` with what is always shown beside them: counters, and of local ones the user's settings and role.

use chrono::NaiveDateTime;
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{AccountId, UserId};

/// What an account's entity and the links to it are made of. Keys and addresses of inboxes are not among it.
#[derive(Debug, Clone)]
pub struct AccountRow {
    pub id: AccountId,
    pub username: String,
    /// `None` for local accounts, otherwise in lower-case ASCII form.
    pub domain: Option<String>,
    pub display_name: String,
    pub note: String,
    pub locked: bool,
    pub actor_type: Option<String>,
    pub discoverable: Option<bool>,
    pub indexable: bool,
    pub created_at: NaiveDateTime,
    pub uri: String,
    pub url: Option<String>,
    pub id_scheme: Option<i32>,
    pub avatar_file_name: Option<String>,
    pub avatar_content_type: Option<String>,
    pub avatar_storage_schema_version: Option<i32>,
    pub avatar_description: String,
    pub header_file_name: Option<String>,
    pub header_content_type: Option<String>,
    pub header_storage_schema_version: Option<i32>,
    pub header_description: String,
    pub hide_collections: Option<bool>,
    pub show_media: bool,
    pub show_media_replies: bool,
    pub show_featured: bool,
    pub moved_to_account_id: Option<AccountId>,
    pub suspended_at: Option<NaiveDateTime>,
    pub silenced_at: Option<NaiveDateTime>,
    pub sensitized_at: Option<NaiveDateTime>,
    pub memorial: bool,
    pub feature_approval_policy: i32,
    pub fields: Option<Json<Fields>>,
    pub attribution_domains: Option<Vec<String>>,
    /// Counters as told: the stored ones may have slipped below zero.
    pub followers_count: i64,
    pub following_count: i64,
    pub statuses_count: i64,
    pub last_status_at: Option<NaiveDateTime>,
    /// Who signs in with the account; the instance actor and remote accounts have nobody.
    pub user_id: Option<UserId>,
    /// JSON text of the local user's settings, see [`crate::users::UserSettings`].
    pub user_settings: Option<String>,
    /// The role of a local user, if it is one that is shown on the profile.
    pub badge_id: Option<i64>,
    pub badge_name: Option<String>,
    pub badge_color: Option<String>,
    /// The server's own default, YAML text.
    pub noindex_setting: Option<String>,
}

/// `accounts.fields`: a list, or `{}` as some remote accounts have it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Fields {
    List(Vec<FieldRow>),
    None(serde::de::IgnoredAny),
}

#[derive(Debug, Clone, Deserialize)]
pub struct FieldRow {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub value: Option<String>,
    /// When the link in it was found to lead back; a time as it was stored.
    #[serde(default)]
    pub verified_at: Option<String>,
}

impl Fields {
    #[must_use]
    pub fn list(&self) -> &[FieldRow] {
        match self {
            Self::List(fields) => fields,
            Self::None(_) => &[],
        }
    }
}

impl AccountRow {
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.domain.is_none()
    }

    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended_at.is_some()
    }

    #[must_use]
    pub fn fields(&self) -> &[FieldRow] {
        self.fields.as_ref().map_or(&[], |fields| fields.0.list())
    }
}

/// The accounts of `ids` and those that they moved to, in no particular order.
///
/// # Errors
/// The database failed.
pub async fn load_with_moved(conn: &mut PgConnection, ids: &[AccountId]) -> Result<Vec<AccountRow>, sqlx::Error> {
    sqlx::query_as!(
        AccountRow,
        r#"
        SELECT a.id AS "id!", a.username AS "username!", a.domain, a.display_name AS "display_name!", a.note AS "note!", a.locked AS "locked!", a.actor_type, a.discoverable, a.indexable AS "indexable!",
               a.created_at AS "created_at!", a.uri AS "uri!", a.url, a.id_scheme,
               a.avatar_file_name, a.avatar_content_type, a.avatar_storage_schema_version, a.avatar_description AS "avatar_description!",
               a.header_file_name, a.header_content_type, a.header_storage_schema_version, a.header_description AS "header_description!",
               a.hide_collections, a.show_media AS "show_media!", a.show_media_replies AS "show_media_replies!", a.show_featured AS "show_featured!", a.moved_to_account_id,
               a.suspended_at, a.silenced_at, a.sensitized_at, a.memorial AS "memorial!", a.feature_approval_policy AS "feature_approval_policy!",
               a.fields AS "fields: Json<Fields>", a.attribution_domains,
               GREATEST(s.followers_count, 0) AS "followers_count!", GREATEST(s.following_count, 0) AS "following_count!",
               GREATEST(s.statuses_count, 0) AS "statuses_count!", s.last_status_at AS "last_status_at?",
               u.id AS "user_id?", u.settings AS "user_settings?",
               r.id AS "badge_id?", r.name AS "badge_name?", r.color AS "badge_color?",
               (SELECT value FROM settings WHERE var = 'noindex') AS "noindex_setting?"
        FROM accounts a
        LEFT JOIN account_stats s ON s.account_id = a.id
        LEFT JOIN users u ON u.account_id = a.id
        LEFT JOIN user_roles r ON r.id = u.role_id AND r.highlighted
        WHERE a.id IN (
            SELECT UNNEST($1::bigint[])
            UNION
            SELECT moved_to_account_id FROM accounts WHERE id = ANY($1) AND moved_to_account_id IS NOT NULL
        )
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
}

/// What a link to an account needs.
#[derive(Debug, Clone)]
pub struct HandleRow {
    pub id: AccountId,
    pub username: String,
    pub domain: Option<String>,
    pub uri: String,
    pub url: Option<String>,
    pub id_scheme: Option<i32>,
}

/// The known accounts among handles, pairwise user name and domain (empty for local), compared without case.
///
/// # Errors
/// The database failed.
pub async fn find_by_handles(
    conn: &mut PgConnection,
    usernames: &[String],
    domains: &[String],
) -> Result<Vec<HandleRow>, sqlx::Error> {
    sqlx::query_as!(
        HandleRow,
        r#"
        SELECT a.id, a.username, a.domain, a.uri, a.url, a.id_scheme
        FROM UNNEST($1::text[], $2::text[]) AS asked (username, domain)
        JOIN accounts a ON lower(a.username) = lower(asked.username) AND COALESCE(lower(a.domain), '') = lower(asked.domain)
        "#,
        usernames,
        domains,
    )
    .fetch_all(conn)
    .await
}

/// Follows between one account and others.
#[derive(Debug, Default)]
pub struct Ties {
    /// Those whom the one follows.
    pub following: Vec<AccountId>,
    /// Those who follow the one.
    pub followers: Vec<AccountId>,
}

/// # Errors
/// The database failed.
pub async fn ties(conn: &mut PgConnection, account: AccountId, others: &[AccountId]) -> Result<Ties, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT target_account_id AS "other!", true AS "following!" FROM follows WHERE account_id = $1 AND target_account_id = ANY($2)
        UNION ALL
        SELECT account_id, false FROM follows WHERE target_account_id = $1 AND account_id = ANY($2)
        "#,
        account,
        others,
    )
    .fetch_all(conn)
    .await?;
    let mut ties = Ties::default();
    for row in rows {
        if row.following { ties.following.push(row.other) } else { ties.followers.push(row.other) }
    }
    Ok(ties)
}
