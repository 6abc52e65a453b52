//! Whose notifications are kept back, and those that wait for a decision.

use std::collections::{HashMap, HashSet};

use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;

use crate::timestamp::Millis;
use crate::{Account, Id, Shared, Status, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct NotificationPolicy {
    pub for_not_following: &'static str,
    pub for_not_followers: &'static str,
    pub for_new_accounts: &'static str,
    pub for_private_mentions: &'static str,
    pub for_limited_accounts: &'static str,
    pub for_bots: &'static str,
    pub summary: PolicySummary,
}

/// The older words: whether anything but `accept` applies.
#[derive(Debug, Clone, Serialize)]
pub struct NotificationPolicyV1 {
    pub filter_not_following: bool,
    pub filter_not_followers: bool,
    pub filter_new_accounts: bool,
    pub filter_private_mentions: bool,
    pub filter_bots: bool,
    pub summary: PolicySummary,
}

#[derive(Debug, Clone, Serialize)]
pub struct PolicySummary {
    pub pending_requests_count: i64,
    pub pending_notifications_count: i64,
}

/// Notifications of one account that wait.
#[derive(Debug, Clone, Serialize)]
pub struct NotificationRequest {
    pub id: Id,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// A number as text, at most 100.
    pub notifications_count: String,
    pub account: Shared<Account>,
    pub last_status: Option<Box<Status>>,
}

/// Waiting requests that are counted.
const COUNTED: i64 = 100;
/// `notification_policies.for_*`.
const ACCEPT: i32 = 0;
const FILTER: i32 = 1;

fn word(value: i32) -> &'static str {
    match value {
        ACCEPT => "accept",
        FILTER => "filter",
        _ => "drop",
    }
}

impl NotificationPolicy {
    /// The own policy; Mastodon's defaults if none was ever set.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, account: AccountId) -> Result<Self, sqlx::Error> {
        let row = sqlx::query!(
            r#"
            SELECT for_not_following, for_not_followers, for_new_accounts, for_private_mentions, for_limited_accounts, for_bots
            FROM notification_policies WHERE account_id = $1
            "#,
            account,
        )
        .fetch_optional(&mut *conn)
        .await?;
        let summary = summary(conn, account).await?;
        Ok(match row {
            Some(row) => Self {
                for_not_following: word(row.for_not_following),
                for_not_followers: word(row.for_not_followers),
                for_new_accounts: word(row.for_new_accounts),
                for_private_mentions: word(row.for_private_mentions),
                for_limited_accounts: word(row.for_limited_accounts),
                for_bots: word(row.for_bots),
                summary,
            },
            None => Self {
                for_not_following: word(ACCEPT),
                for_not_followers: word(ACCEPT),
                for_new_accounts: word(ACCEPT),
                for_private_mentions: word(FILTER),
                for_limited_accounts: word(FILTER),
                for_bots: word(ACCEPT),
                summary,
            },
        })
    }
}

async fn summary(conn: &mut PgConnection, account: AccountId) -> Result<PolicySummary, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT count(*) AS "requests!", COALESCE(sum(notifications_count), 0)::bigint AS "notifications!"
        FROM (
            SELECT r.notifications_count
            FROM notification_requests r JOIN accounts sender ON sender.id = r.from_account_id AND sender.suspended_at IS NULL
            WHERE r.account_id = $1
            LIMIT $2
        ) AS waiting
        "#,
        account,
        COUNTED,
    )
    .fetch_one(conn)
    .await?;
    Ok(PolicySummary { pending_requests_count: row.requests, pending_notifications_count: row.notifications })
}

impl From<&NotificationPolicy> for NotificationPolicyV1 {
    fn from(policy: &NotificationPolicy) -> Self {
        let filters = |choice: &str| choice != word(ACCEPT);
        Self {
            filter_not_following: filters(policy.for_not_following),
            filter_not_followers: filters(policy.for_not_followers),
            filter_new_accounts: filters(policy.for_new_accounts),
            filter_private_mentions: filters(policy.for_private_mentions),
            filter_bots: filters(policy.for_bots),
            summary: policy.summary.clone(),
        }
    }
}

impl NotificationRequest {
    /// In the order of `ids`; those to other accounts are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT r.id AS "id!", r.created_at AS "created_at!", r.updated_at AS "updated_at!",
                   r.notifications_count AS "notifications_count!", r.from_account_id AS "from_account_id!", r.last_status_id
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN notification_requests r ON r.id = asked.id
            WHERE r.account_id = $2
            ORDER BY asked.place
            "#,
            ids,
            viewer,
        )
        .fetch_all(&mut *conn)
        .await?;
        let senders: HashSet<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
        let senders: Vec<AccountId> = senders.into_iter().collect();
        let accounts = Account::load_map(conn, urls, Some(viewer), &senders).await?;
        let last: Vec<StatusId> = rows.iter().filter_map(|row| row.last_status_id).collect();
        let statuses = Status::load_many(conn, urls, Some(viewer), &last).await?;
        let statuses: HashMap<StatusId, Status> = statuses.into_iter().map(|status| (status.id.0, status)).collect();
        let requests = rows.iter().filter_map(|row| {
            Some(Self {
                id: Id(row.id),
                created_at: Millis(row.created_at),
                updated_at: Millis(row.updated_at),
                notifications_count: row.notifications_count.to_string(),
                account: accounts.get(&row.from_account_id)?.clone(),
                last_status: row.last_status_id.and_then(|id| statuses.get(&id).cloned()).map(Box::new),
            })
        });
        Ok(requests.collect())
    }
}
