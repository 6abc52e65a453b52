//! Accounts with what only moderators know of them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection, UserId, users};
use serde::Serialize;

use crate::timestamp::Millis;
use crate::{Account, Id, Role, Shared, Urls};

/// Everything about the user is null for accounts of other servers.
#[derive(Debug, Clone, Serialize)]
pub struct AdminAccount {
    pub id: Id,
    pub username: String,
    pub domain: Option<String>,
    pub created_at: Millis,
    pub email: Option<String>,
    /// The one used last.
    pub ip: Option<String>,
    pub confirmed: Option<bool>,
    pub suspended: bool,
    pub silenced: bool,
    pub sensitized: bool,
    pub disabled: Option<bool>,
    pub approved: Option<bool>,
    pub locale: Option<String>,
    pub invite_request: Option<String>,
    pub ips: Option<Vec<AdminIp>>,
    pub account: Shared<Account>,
    pub role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by_application_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_by_account_id: Option<Id>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AdminIp {
    pub ip: String,
    pub used_at: Millis,
}

struct Row {
    id: AccountId,
    username: String,
    domain: Option<String>,
    created_at: NaiveDateTime,
    suspended: bool,
    silenced: bool,
    sensitized: bool,
    user_id: Option<UserId>,
    email: Option<String>,
    confirmed: Option<bool>,
    disabled: Option<bool>,
    approved: Option<bool>,
    locale: Option<String>,
    role_id: Option<i64>,
    created_by_application_id: Option<i64>,
    invite_request: Option<String>,
    invited_by_account_id: Option<AccountId>,
}

impl AdminAccount {
    /// By id. The statements do not depend on how many there are.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_map(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[AccountId],
    ) -> Result<HashMap<AccountId, Self>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = rows(conn, ids).await?;
        let accounts = Account::load_map(conn, urls, viewer, ids).await?;
        let users: Vec<UserId> = rows.iter().filter_map(|row| row.user_id).collect();
        let mut addresses = ips(conn, &users).await?;
        let role_ids: Vec<i64> = rows.iter().filter_map(|row| row.role_id).chain([users::EVERYONE]).collect();
        let roles = users::roles(conn, &role_ids).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let account = accounts.get(&row.id)?.clone();
                let role = row.user_id.and_then(|_| {
                    row.role_id.and_then(|id| roles.get(&id)).or_else(|| roles.get(&users::EVERYONE)).map(Role::from)
                });
                let ips = row.user_id.map(|user| addresses.remove(&user).unwrap_or_default());
                Some((row.id, Self::new(row, account, role, ips)))
            })
            .collect())
    }

    fn new(row: Row, account: Shared<Account>, role: Option<Role>, ips: Option<Vec<AdminIp>>) -> Self {
        Self {
            id: Id(row.id),
            username: row.username,
            domain: row.domain,
            created_at: Millis(row.created_at),
            email: row.email,
            ip: ips.as_ref().and_then(|ips| ips.first()).map(|used| used.ip.clone()),
            confirmed: row.confirmed,
            suspended: row.suspended,
            silenced: row.silenced,
            sensitized: row.sensitized,
            disabled: row.disabled,
            approved: row.approved,
            locale: row.locale,
            invite_request: row.invite_request,
            ips,
            account,
            role,
            created_by_application_id: row.created_by_application_id.map(Id),
            invited_by_account_id: row.invited_by_account_id.map(Id),
        }
    }
}

async fn rows(conn: &mut PgConnection, ids: &[AccountId]) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT a.id AS "id!", a.username AS "username!", a.domain, a.created_at AS "created_at!",
          a.suspended_at IS NOT NULL AS "suspended!", a.silenced_at IS NOT NULL AS "silenced!",
          a.sensitized_at IS NOT NULL AS "sensitized!", u.id AS "user_id?", u.email AS "email?",
          CASE WHEN u.id IS NOT NULL THEN u.confirmed_at IS NOT NULL END AS confirmed, u.disabled AS "disabled?",
          u.approved AS "approved?", u.locale AS "locale?", u.role_id AS "role_id?",
          u.created_by_application_id AS "created_by_application_id?",
          (SELECT r.text FROM user_invite_requests r WHERE r.user_id = u.id LIMIT 1) AS invite_request,
          (SELECT b.account_id FROM invites i JOIN users b ON b.id = i.user_id WHERE i.id = u.invite_id) AS invited_by_account_id
        FROM accounts a LEFT JOIN users u ON u.account_id = a.id
        WHERE a.id = ANY($1)
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}

/// Newest first.
async fn ips(conn: &mut PgConnection, users: &[UserId]) -> Result<HashMap<UserId, Vec<AdminIp>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT user_id AS "user_id!", host(ip) AS "ip!", used_at AS "used_at!" FROM user_ips
           WHERE user_id = ANY($1) AND ip IS NOT NULL AND used_at IS NOT NULL ORDER BY used_at DESC"#,
        users
    )
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<UserId, Vec<AdminIp>> = HashMap::new();
    for row in rows {
        found.entry(row.user_id).or_default().push(AdminIp { ip: row.ip, used_at: Millis(row.used_at) });
    }
    Ok(found)
}
