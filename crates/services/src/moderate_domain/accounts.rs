//! The marks that rules about a server leave on its accounts. A mark bears the time of its rule: so it is told from what
//! moderators did to single accounts, and is taken off with the rule.

use chrono::NaiveDateTime;
use db::PgConnection;
use db::domain_blocks::{DomainBlockRow, Severity};

use crate::error::Result;

/// Accounts of one piece.
const PIECE: i64 = 500;
/// `accounts.suspension_origin`: by this server.
const LOCAL_ORIGIN: i32 = 0;

/// Marks the next accounts that the rule means, and frees the next that it no longer means. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn apply(conn: &mut PgConnection, rule: &DomainBlockRow, domains: &[String]) -> Result<bool> {
    let marked = match rule.severity {
        Severity::Silence => silence(conn, domains, rule.created_at).await?,
        Severity::Suspend => suspend(conn, domains, rule.created_at).await?,
        Severity::Noop => 0,
    };
    let mut freed = 0;
    if rule.severity != Severity::Silence {
        freed += unsilence(conn, domains, rule.created_at).await?;
    }
    if rule.severity != Severity::Suspend {
        freed += unsuspend(conn, domains, rule.created_at).await?;
    }
    Ok(marked + freed > 0)
}

/// Frees the next accounts that bear this mark. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn free(conn: &mut PgConnection, domains: &[String], imposed_at: NaiveDateTime) -> Result<bool> {
    let silenced = unsilence(conn, domains, imposed_at).await?;
    let suspended = unsuspend(conn, domains, imposed_at).await?;
    let full = u64::try_from(PIECE).unwrap_or(u64::MAX);
    Ok(silenced >= full || suspended >= full)
}

async fn silence(conn: &mut PgConnection, domains: &[String], at: NaiveDateTime) -> Result<u64> {
    let marked = sqlx::query!(
        "UPDATE accounts SET silenced_at = $2 WHERE id IN (
           SELECT id FROM accounts WHERE domain = ANY($1) AND silenced_at IS NULL ORDER BY id LIMIT $3 FOR UPDATE)",
        domains,
        at,
        PIECE
    );
    Ok(marked.execute(conn).await?.rows_affected())
}

async fn suspend(conn: &mut PgConnection, domains: &[String], at: NaiveDateTime) -> Result<u64> {
    let marked = sqlx::query!(
        "UPDATE accounts SET suspended_at = $2, suspension_origin = $4 WHERE id IN (
           SELECT id FROM accounts WHERE domain = ANY($1) AND suspended_at IS NULL ORDER BY id LIMIT $3 FOR UPDATE)",
        domains,
        at,
        PIECE,
        LOCAL_ORIGIN
    );
    Ok(marked.execute(conn).await?.rows_affected())
}

async fn unsilence(conn: &mut PgConnection, domains: &[String], at: NaiveDateTime) -> Result<u64> {
    let freed = sqlx::query!(
        "UPDATE accounts SET silenced_at = NULL WHERE id IN (
           SELECT id FROM accounts WHERE domain = ANY($1) AND silenced_at = $2 ORDER BY id LIMIT $3 FOR UPDATE)",
        domains,
        at,
        PIECE
    );
    Ok(freed.execute(conn).await?.rows_affected())
}

async fn unsuspend(conn: &mut PgConnection, domains: &[String], at: NaiveDateTime) -> Result<u64> {
    let freed = sqlx::query!(
        "UPDATE accounts SET suspended_at = NULL, suspension_origin = NULL WHERE id IN (
           SELECT id FROM accounts WHERE domain = ANY($1) AND suspended_at = $2 ORDER BY id LIMIT $3 FOR UPDATE)",
        domains,
        at,
        PIECE
    );
    Ok(freed.execute(conn).await?.rows_affected())
}

/// Suspends the next accounts of a server that is no longer allowed. True: there may be more. `None`: it is allowed again.
///
/// # Errors
/// The database fails.
pub async fn suspend_disallowed(conn: &mut PgConnection, domain: &str) -> Result<Option<bool>> {
    let allowed = sqlx::query_scalar!("SELECT id FROM domain_allows WHERE domain = $1 FOR SHARE", domain);
    if allowed.fetch_optional(&mut *conn).await?.is_some() {
        return Ok(None);
    }
    let marked = sqlx::query!(
        "UPDATE accounts SET suspended_at = now() AT TIME ZONE 'utc', suspension_origin = $2 WHERE id IN (
           SELECT id FROM accounts WHERE domain = $1 AND suspended_at IS NULL ORDER BY id LIMIT $3 FOR UPDATE)",
        domain,
        LOCAL_ORIGIN,
        PIECE
    );
    Ok(Some(marked.execute(conn).await?.rows_affected() > 0))
}
