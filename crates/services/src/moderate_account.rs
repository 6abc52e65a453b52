//! What moderators do to accounts. Each deed is written down in the audit log.

mod strike;

use db::{AccountId, UserId};
use jobs::account::{AfterSuspensionChange, DeleteAccount};
use sqlx::PgConnection;

pub use strike::{ActionKind, Strike, take_action};

use crate::approve_user::approve_user;
use crate::audit_log;
use crate::error::{Error, Result};
use crate::modify_user::set_disabled;

/// Who moderates. What the role permits is the caller's check; rank is checked here.
#[derive(Debug, Clone, Copy)]
pub struct Moderator {
    pub account: AccountId,
    /// `position` of the role, -1 without one.
    pub position: i32,
}

/// What takes an earlier action back, and what decides about sign-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Enable,
    Unsensitive,
    Unsilence,
    Unsuspend,
    Approve,
    Reject,
    /// Takes the data of a suspended account away before its time.
    Delete,
}

impl Deed {
    /// Only people of this server can be meant.
    fn needs_user(self) -> bool {
        matches!(self, Self::Enable | Self::Approve | Self::Reject)
    }
}

struct Target {
    id: AccountId,
    username: String,
    domain: Option<String>,
    user: Option<UserId>,
    approved: bool,
    suspended: bool,
    /// `suspension_origin` 0: by this server.
    suspended_here: bool,
    /// The data are still there.
    awaits_deletion: bool,
    /// -1 for those without a role.
    position: i32,
}

impl Target {
    fn handle(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.username),
            None => self.username.clone(),
        }
    }
}

/// # Errors
/// [`Error::NotFound`] for an unknown account; [`Error::Forbidden`] where the state of the account leaves nothing to do.
pub async fn moderate_account(conn: &mut PgConnection, moderator: Moderator, account: AccountId, deed: Deed) -> Result<()> {
    let target = target(conn, account).await?;
    if deed.needs_user() && (target.user.is_none() || target.domain.is_some()) {
        return Err(Error::Forbidden);
    }
    match deed {
        Deed::Enable => {
            let user = target.user.ok_or(Error::Forbidden)?;
            set_disabled(conn, user, false).await?;
            log_user(conn, moderator, "enable", &target).await
        }
        Deed::Approve => {
            let user = target.user.filter(|_| !target.approved).ok_or(Error::Forbidden)?;
            approve_user(conn, user).await?;
            log_user(conn, moderator, "approve", &target).await
        }
        Deed::Reject => {
            if target.approved {
                return Err(Error::Forbidden);
            }
            log_user(conn, moderator, "reject", &target).await?;
            delete(conn, account, false).await
        }
        Deed::Delete => {
            if !target.suspended || !target.awaits_deletion {
                return Err(Error::Forbidden);
            }
            delete(conn, account, true).await
        }
        Deed::Unsensitive => {
            mark(conn, account, Mark::Sensitized, false).await?;
            log_account(conn, moderator, "unsensitive", &target).await
        }
        Deed::Unsilence => {
            mark(conn, account, Mark::Silenced, false).await?;
            log_account(conn, moderator, "unsilence", &target).await
        }
        Deed::Unsuspend => {
            if !target.suspended_here {
                return Err(Error::Forbidden);
            }
            unsuspend(conn, account).await?;
            log_account(conn, moderator, "unsuspend", &target).await
        }
    }
}

async fn delete(conn: &mut PgConnection, account: AccountId, reserve_username: bool) -> Result<()> {
    jobs::enqueue(
        conn,
        &DeleteAccount {
            account_id: account,
            reserve_username,
            free_address: false,
            skip_activitypub: false,
            domain_block: None,
        },
    )
    .await?;
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Sensitized,
    Silenced,
}

async fn mark(conn: &mut PgConnection, account: AccountId, mark: Mark, set: bool) -> Result<()> {
    sqlx::query!(
        "UPDATE accounts SET updated_at = now() AT TIME ZONE 'utc',
           sensitized_at = CASE WHEN NOT $2 THEN sensitized_at WHEN $3 THEN now() AT TIME ZONE 'utc' END,
           silenced_at = CASE WHEN $2 THEN silenced_at WHEN $3 THEN now() AT TIME ZONE 'utc' END
         WHERE id = $1",
        account,
        mark == Mark::Sensitized,
        set
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The address is kept as a hash, so that nobody signs up with it again; the data go in thirty days.
async fn suspend(conn: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query!(
        "UPDATE accounts SET suspended_at = now() AT TIME ZONE 'utc', suspension_origin = 0, updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1",
        account
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO account_deletion_requests (account_id, created_at, updated_at)
         SELECT $1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
         WHERE NOT EXISTS (SELECT 1 FROM account_deletion_requests WHERE account_id = $1)",
        account
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO canonical_email_blocks (canonical_email_hash, reference_account_id, created_at, updated_at)
         SELECT encode(sha256(convert_to(split_part(replace(split_part(lower(u.email), '@', 1), '.', ''), '+', 1)
             || '@' || split_part(lower(u.email), '@', 2), 'UTF8')), 'hex'),
           u.account_id, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
         FROM users u WHERE u.account_id = $1
         ON CONFLICT DO NOTHING",
        account
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &AfterSuspensionChange { account_id: account }).await?;
    Ok(())
}

async fn unsuspend(conn: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query!("DELETE FROM account_deletion_requests WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM canonical_email_blocks WHERE reference_account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!(
        "UPDATE accounts SET suspended_at = NULL, suspension_origin = NULL, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        account
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &AfterSuspensionChange { account_id: account }).await?;
    Ok(())
}

async fn target(conn: &mut PgConnection, account: AccountId) -> Result<Target> {
    sqlx::query_as!(
        Target,
        r#"
        SELECT a.id AS "id!", a.username AS "username!", a.domain, u.id AS "user?", coalesce(u.approved, true) AS "approved!",
          a.suspended_at IS NOT NULL AS "suspended!",
          a.suspended_at IS NOT NULL AND a.suspension_origin IS NOT DISTINCT FROM 0 AS "suspended_here!",
          EXISTS (SELECT 1 FROM account_deletion_requests d WHERE d.account_id = a.id) AS "awaits_deletion!",
          coalesce(r.position, -1) AS "position!"
        FROM accounts a LEFT JOIN users u ON u.account_id = a.id LEFT JOIN user_roles r ON r.id = u.role_id
        WHERE a.id = $1
        FOR UPDATE OF a
        "#,
        account
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound)
}

async fn log_account(conn: &mut PgConnection, by: Moderator, action: &str, target: &Target) -> Result<()> {
    log(conn, by, action, ("Account", target.id), target, false).await
}

/// Deeds that concern the login name the user, and lead to the account.
async fn log_user(conn: &mut PgConnection, by: Moderator, action: &str, target: &Target) -> Result<()> {
    let user = target.user.ok_or(Error::Forbidden)?;
    log(conn, by, action, ("User", user), target, true).await
}

async fn log(
    conn: &mut PgConnection,
    by: Moderator,
    action: &str,
    (kind, id): (&str, i64),
    target: &Target,
    routed: bool,
) -> Result<()> {
    let route = routed.then(|| target.id.to_string());
    audit_log::write(conn, by.account, action, audit_log::Target { kind, id, name: &target.handle(), route }).await?;
    Ok(())
}
