//! How the viewer stands to other accounts.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection};
use serde::Serialize;

use super::Account;
use crate::timestamp::Seconds;
use crate::{Id, Shared, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Relationship {
    pub id: Id,
    pub following: bool,
    /// Of the follow, or of the request that waits.
    pub showing_reblogs: bool,
    pub notifying: bool,
    /// Absent: all.
    pub languages: Option<Vec<String>>,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub muting_expires_at: Option<Seconds>,
    pub requested: bool,
    pub requested_by: bool,
    pub domain_blocking: bool,
    pub endorsed: bool,
    pub note: String,
}

/// Followers of an account whom the viewer follows.
#[derive(Debug, Clone, Serialize)]
pub struct FamiliarFollowers {
    pub id: Id,
    pub accounts: Vec<Shared<Account>>,
}

impl FamiliarFollowers {
    /// In the order of `ids`. Followers of accounts that hide them are not told, nor suspended
    /// followers.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        ids: &[AccountId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let pairs = sqlx::query!(
            r#"
            SELECT theirs.target_account_id AS "target!", theirs.account_id AS "follower!"
            FROM follows theirs
            JOIN follows mine ON mine.account_id = $1 AND mine.target_account_id = theirs.account_id
            JOIN accounts target ON target.id = theirs.target_account_id AND target.hide_collections IS NOT TRUE
            JOIN accounts follower ON follower.id = theirs.account_id AND follower.suspended_at IS NULL
            WHERE theirs.target_account_id = ANY($2)
            ORDER BY theirs.id DESC
            "#,
            viewer,
            ids,
        )
        .fetch_all(&mut *conn)
        .await?;
        let followers: HashSet<AccountId> = pairs.iter().map(|pair| pair.follower).collect();
        let followers: Vec<AccountId> = followers.into_iter().collect();
        let accounts = Account::load_map(conn, urls, Some(viewer), &followers).await?;
        let of = |id: AccountId| {
            let pairs = pairs.iter().filter(move |pair| pair.target == id);
            pairs.filter_map(|pair| accounts.get(&pair.follower).cloned()).collect()
        };
        Ok(ids.iter().map(|id| Self { id: Id(*id), accounts: of(*id) }).collect())
    }
}

struct RelationshipRow {
    id: AccountId,
    following: bool,
    requested: bool,
    show_reblogs: Option<bool>,
    notify: Option<bool>,
    languages: Option<Vec<String>>,
    followed_by: bool,
    requested_by: bool,
    blocking: bool,
    blocked_by: bool,
    muting: bool,
    hide_notifications: Option<bool>,
    mute_expires_at: Option<NaiveDateTime>,
    domain_blocking: bool,
    endorsed: bool,
    note: Option<String>,
}

impl Relationship {
    /// In the order of `ids`; accounts that do not exist are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        ids: &[AccountId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = rows(conn, viewer, ids, urls.now()).await?;
        let known: HashMap<AccountId, Self> = rows.into_iter().map(|row| (row.id, Self::from(row))).collect();
        Ok(ids.iter().filter_map(|id| known.get(id).cloned()).collect())
    }

    /// # Errors
    /// The database failed.
    pub async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        id: AccountId,
    ) -> Result<Option<Self>, sqlx::Error> {
        Ok(Self::load_many(conn, urls, viewer, &[id]).await?.into_iter().next())
    }
}

impl From<RelationshipRow> for Relationship {
    fn from(row: RelationshipRow) -> Self {
        Self {
            id: Id(row.id),
            following: row.following,
            showing_reblogs: row.show_reblogs.unwrap_or(false),
            notifying: row.notify.unwrap_or(false),
            languages: row.languages,
            followed_by: row.followed_by,
            blocking: row.blocking,
            blocked_by: row.blocked_by,
            muting: row.muting,
            muting_notifications: row.hide_notifications.unwrap_or(false),
            muting_expires_at: row.mute_expires_at.map(Seconds),
            requested: row.requested,
            requested_by: row.requested_by,
            domain_blocking: row.domain_blocking,
            endorsed: row.endorsed,
            note: row.note.unwrap_or_default(),
        }
    }
}

async fn rows(
    conn: &mut PgConnection,
    viewer: AccountId,
    ids: &[AccountId],
    now: NaiveDateTime,
) -> Result<Vec<RelationshipRow>, sqlx::Error> {
    sqlx::query_as!(
        RelationshipRow,
        r#"
        SELECT a.id AS "id!",
               f.id IS NOT NULL AS "following!", r.id IS NOT NULL AS "requested!",
               COALESCE(f.show_reblogs, r.show_reblogs) AS show_reblogs, COALESCE(f.notify, r.notify) AS notify,
               CASE WHEN f.id IS NULL THEN r.languages ELSE f.languages END AS "languages: Vec<String>",
               EXISTS (SELECT 1 FROM follows WHERE account_id = a.id AND target_account_id = $1) AS "followed_by!",
               EXISTS (SELECT 1 FROM follow_requests WHERE account_id = a.id AND target_account_id = $1) AS "requested_by!",
               EXISTS (SELECT 1 FROM blocks WHERE account_id = $1 AND target_account_id = a.id) AS "blocking!",
               EXISTS (SELECT 1 FROM blocks WHERE account_id = a.id AND target_account_id = $1) AS "blocked_by!",
               m.id IS NOT NULL AS "muting!", m.hide_notifications AS "hide_notifications?", m.expires_at AS "mute_expires_at?",
               EXISTS (SELECT 1 FROM account_domain_blocks WHERE account_id = $1 AND domain = a.domain) AS "domain_blocking!",
               EXISTS (SELECT 1 FROM account_pins WHERE account_id = $1 AND target_account_id = a.id) AS "endorsed!",
               (SELECT comment FROM account_notes WHERE account_id = $1 AND target_account_id = a.id) AS note
        FROM accounts a
        LEFT JOIN follows f ON f.account_id = $1 AND f.target_account_id = a.id
        LEFT JOIN follow_requests r ON r.account_id = $1 AND r.target_account_id = a.id
        LEFT JOIN mutes m ON m.account_id = $1 AND m.target_account_id = a.id AND (m.expires_at IS NULL OR m.expires_at > $3)
        WHERE a.id = ANY($2)
        "#,
        viewer,
        ids,
        now,
    )
    .fetch_all(conn)
    .await
}
