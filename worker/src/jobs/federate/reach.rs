//! Who is told: inboxes of other servers, shared ones where there are any, each once.

use db::statuses::Visibility;
use db::{AccountId, PgConnection, StatusId};

/// A local status as far as it decides who is told of it.
#[derive(Debug, Clone)]
pub(in crate::jobs) struct Reach {
    pub(in crate::jobs) id: StatusId,
    pub(in crate::jobs) account_id: AccountId,
    pub(in crate::jobs) reblog_of: Option<StatusId>,
    pub(in crate::jobs) visibility: Visibility,
}

impl Reach {
    /// `None`: it is gone, or it is not ours to tell of.
    pub(in crate::jobs) async fn load(conn: &mut PgConnection, id: StatusId) -> Result<Option<Self>, sqlx::Error> {
        let row = sqlx::query!(
            r#"
            SELECT s.id, s.account_id, s.reblog_of_id, s.visibility
            FROM statuses s JOIN accounts a ON a.id = s.account_id AND a.domain IS NULL
            WHERE s.id = $1 AND s.deleted_at IS NULL
            "#,
            id
        )
        .fetch_optional(conn)
        .await?;
        Ok(row.map(|row| Self {
            id: row.id,
            account_id: row.account_id,
            reblog_of: row.reblog_of_id,
            visibility: Visibility::from_column(row.visibility),
        }))
    }

    /// The quoted, the mentioned and, of what everybody may see, whoever had to do with it; the author's followers, those of
    /// a local author who is answered, and relays. Of a boost: the boosted author, followers and relays.
    pub(in crate::jobs) async fn inboxes(&self, conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
        let to_followers = !matches!(self.visibility, Visibility::Direct | Visibility::Limited);
        sqlx::query_scalar!(
            r#"
            WITH concerned AS (
                SELECT o.account_id AS id FROM statuses o WHERE o.id = $2
                UNION
                SELECT x.id FROM (
                    SELECT s.in_reply_to_account_id AS id FROM statuses s WHERE s.id = $1 AND $4
                    UNION ALL SELECT q.quoted_account_id FROM quotes q WHERE q.status_id = $1
                    UNION ALL SELECT m.account_id FROM mentions m WHERE m.status_id = $1
                    UNION ALL SELECT s.account_id FROM statuses s WHERE s.reblog_of_id = $1 AND s.deleted_at IS NULL AND $4
                    UNION ALL SELECT q.account_id FROM quotes q WHERE q.quoted_status_id = $1 AND $4
                    UNION ALL SELECT f.account_id FROM favourites f WHERE f.status_id = $1 AND $4
                    UNION ALL SELECT s.account_id FROM statuses s WHERE s.in_reply_to_id = $1 AND s.deleted_at IS NULL AND $4
                ) AS x WHERE $2::bigint IS NULL
                UNION
                SELECT f.account_id FROM follows f WHERE f.target_account_id = $3 AND $5
                UNION
                SELECT f.account_id
                FROM statuses s
                JOIN statuses parent ON parent.id = s.in_reply_to_id
                JOIN accounts author ON author.id = parent.account_id AND author.domain IS NULL
                JOIN follows f ON f.target_account_id = author.id
                JOIN accounts follower ON follower.id = f.account_id
                WHERE s.id = $1 AND $4 AND NOT EXISTS (
                    SELECT 1 FROM account_domain_blocks b WHERE b.account_id = $3 AND b.domain = follower.domain)
            )
            SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
            FROM concerned JOIN accounts a ON a.id = concerned.id
            WHERE a.domain IS NOT NULL AND a.protocol = 1 AND a.suspended_at IS NULL
            UNION
            SELECT r.inbox_url FROM relays r WHERE r.state = 2 AND $6
            "#,
            self.id,
            self.reblog_of,
            self.account_id,
            self.visibility.is_distributable(),
            to_followers,
            self.visibility == Visibility::Public,
        )
        .fetch_all(conn)
        .await
    }

    /// For the state of a poll: the mentioned, whoever boosted or voted, followers and relays.
    pub(in crate::jobs) async fn poll_inboxes(&self, conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar!(
            r#"
            WITH concerned AS (
                SELECT m.account_id AS id FROM mentions m WHERE m.status_id = $1
                UNION SELECT s.account_id FROM statuses s WHERE s.reblog_of_id = $1 AND s.deleted_at IS NULL
                UNION SELECT v.account_id FROM poll_votes v JOIN polls p ON p.id = v.poll_id WHERE p.status_id = $1
                UNION SELECT f.account_id FROM follows f WHERE f.target_account_id = $2 AND $3
            )
            SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
            FROM concerned JOIN accounts a ON a.id = concerned.id
            WHERE a.domain IS NOT NULL AND a.protocol = 1 AND a.suspended_at IS NULL
            UNION
            SELECT r.inbox_url FROM relays r WHERE r.state = 2 AND $4
            "#,
            self.id,
            self.account_id,
            self.visibility != Visibility::Direct,
            self.visibility == Visibility::Public,
        )
        .fetch_all(conn)
        .await
    }
}

pub(super) async fn followers(conn: &mut PgConnection, account: AccountId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM follows f JOIN accounts a ON a.id = f.account_id
        WHERE f.target_account_id = $1 AND a.domain IS NOT NULL AND a.protocol = 1 AND a.suspended_at IS NULL
        "#,
        account
    )
    .fetch_all(conn)
    .await
}

/// Followers, who blocks the account, and relays.
pub(super) async fn of_move(conn: &mut PgConnection, account: AccountId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH concerned AS (
            SELECT account_id AS id FROM follows WHERE target_account_id = $1
            UNION SELECT account_id FROM blocks WHERE target_account_id = $1
        )
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM concerned JOIN accounts a ON a.id = concerned.id
        WHERE a.domain IS NOT NULL AND a.protocol = 1 AND a.suspended_at IS NULL
        UNION
        SELECT r.inbox_url FROM relays r WHERE r.state = 2
        "#,
        account
    )
    .fetch_all(conn)
    .await
}

/// Everybody who knows an account or had to do with it in the last two days (before its suspension, if it is suspended):
/// followers, who reported it, whom it mentioned, followed or asked; and relays.
pub(super) async fn account(conn: &mut PgConnection, account: AccountId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH since AS (
            SELECT COALESCE(suspended_at, now() AT TIME ZONE 'utc') - interval '2 days' AS at FROM accounts WHERE id = $1
        ), recent AS (
            SELECT s.id FROM statuses s
            WHERE s.account_id = $1 AND s.deleted_at IS NULL AND s.id > ((extract(epoch FROM (SELECT at FROM since)) * 1000)::bigint << 16)
            ORDER BY s.id DESC LIMIT 200
        ), mentioned AS (
            SELECT m.account_id AS id FROM mentions m WHERE m.status_id IN (SELECT id FROM recent) LIMIT 2000
        ), followed AS (
            SELECT f.target_account_id AS id FROM follows f
            WHERE f.account_id = $1 AND f.created_at > (SELECT at FROM since) LIMIT 2000
        ), requested AS (
            SELECT f.target_account_id AS id FROM follow_requests f
            WHERE f.account_id = $1 AND f.created_at > (SELECT at FROM since) LIMIT 2000
        ), concerned AS (
            SELECT f.account_id AS id FROM follows f WHERE f.target_account_id = $1
            UNION SELECT r.account_id FROM reports r WHERE r.target_account_id = $1
            UNION SELECT id FROM mentioned UNION SELECT id FROM followed UNION SELECT id FROM requested
        )
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM concerned JOIN accounts a ON a.id = concerned.id
        WHERE a.domain IS NOT NULL AND a.protocol = 1 AND a.suspended_at IS NULL
        UNION
        SELECT r.inbox_url FROM relays r WHERE r.state = 2
        "#,
        account
    )
    .fetch_all(conn)
    .await
}

/// Every server that is known and not suspended.
pub(super) async fn everybody(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!" FROM accounts a
        WHERE a.domain IS NOT NULL AND a.protocol = 1 AND a.suspended_at IS NULL AND a.inbox_url <> ''
        "#
    )
    .fetch_all(conn)
    .await
}
