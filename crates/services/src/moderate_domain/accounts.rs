//! The marks that rules about a server leave on its accounts. A mark bears the time of its rule: so it is told from what
//! moderators did to single accounts, and is taken off with the rule.

use chrono::NaiveDateTime;
use db::domain_blocks::{DomainBlockRow, Severity};
use db::{AccountId, PgConnection};

use crate::error::Result;

/// Accounts of one piece.
const PIECE: i64 = 500;
/// `accounts.suspension_origin`: by this server.
const LOCAL_ORIGIN: i32 = 0;

/// The next accounts of exactly this domain, by id; what looks at all of them goes on after the last.
///
/// # Errors
/// The database fails.
pub async fn next_accounts(conn: &mut PgConnection, domain: &str, after: AccountId) -> Result<Vec<AccountId>> {
    let ids =
        sqlx::query_scalar!("SELECT id FROM accounts WHERE domain = $1 AND id > $2 ORDER BY id LIMIT $3", domain, after, PIECE)
            .fetch_all(conn)
            .await?;
    Ok(ids)
}

/// Whether more may come after these.
pub(super) fn is_full(accounts: &[AccountId]) -> bool {
    i64::try_from(accounts.len()) == Ok(PIECE)
}

/// Marks those of these accounts that the rule means, and frees those that it no longer means. Those that bear the mark of a
/// suspension afterwards.
///
/// # Errors
/// The database fails.
pub async fn apply(conn: &mut PgConnection, rule: &DomainBlockRow, accounts: &[AccountId]) -> Result<Vec<AccountId>> {
    let at = rule.created_at;
    lock(conn, accounts).await?;
    match rule.severity {
        Severity::Silence => silence(conn, accounts, at).await?,
        Severity::Suspend => suspend(conn, accounts, at).await?,
        Severity::Noop => {}
    }
    if rule.severity != Severity::Silence {
        unsilence(conn, accounts, at).await?;
    }
    if rule.severity != Severity::Suspend {
        unsuspend(conn, accounts, at).await?;
        return Ok(Vec::new());
    }
    let marked =
        sqlx::query_scalar!("SELECT id FROM accounts WHERE id = ANY($1) AND suspended_at = $2 ORDER BY id", accounts, at);
    Ok(marked.fetch_all(conn).await?)
}

/// Frees those of these accounts that bear this mark.
///
/// # Errors
/// The database fails.
pub async fn free(conn: &mut PgConnection, accounts: &[AccountId], imposed_at: NaiveDateTime) -> Result<()> {
    lock(conn, accounts).await?;
    unsilence(conn, accounts, imposed_at).await?;
    unsuspend(conn, accounts, imposed_at).await
}

/// In the order of their ids, so that two who change several do not wait for each other in a circle.
async fn lock(conn: &mut PgConnection, accounts: &[AccountId]) -> Result<()> {
    sqlx::query_scalar!("SELECT id FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE", accounts).fetch_all(conn).await?;
    Ok(())
}

async fn silence(conn: &mut PgConnection, accounts: &[AccountId], at: NaiveDateTime) -> Result<()> {
    sqlx::query!("UPDATE accounts SET silenced_at = $2 WHERE id = ANY($1) AND silenced_at IS NULL", accounts, at)
        .execute(conn)
        .await?;
    Ok(())
}

async fn suspend(conn: &mut PgConnection, accounts: &[AccountId], at: NaiveDateTime) -> Result<()> {
    sqlx::query!(
        "UPDATE accounts SET suspended_at = $2, suspension_origin = $3 WHERE id = ANY($1) AND suspended_at IS NULL",
        accounts,
        at,
        LOCAL_ORIGIN
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn unsilence(conn: &mut PgConnection, accounts: &[AccountId], at: NaiveDateTime) -> Result<()> {
    sqlx::query!("UPDATE accounts SET silenced_at = NULL WHERE id = ANY($1) AND silenced_at = $2", accounts, at)
        .execute(conn)
        .await?;
    Ok(())
}

async fn unsuspend(conn: &mut PgConnection, accounts: &[AccountId], at: NaiveDateTime) -> Result<()> {
    sqlx::query!(
        "UPDATE accounts SET suspended_at = NULL, suspension_origin = NULL WHERE id = ANY($1) AND suspended_at = $2",
        accounts,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Suspends these accounts of a server that is no longer allowed. False: it is allowed again, and nothing was done.
///
/// # Errors
/// The database fails.
pub async fn suspend_disallowed(conn: &mut PgConnection, domain: &str, accounts: &[AccountId]) -> Result<bool> {
    let allowed = sqlx::query_scalar!("SELECT id FROM domain_allows WHERE domain = $1 FOR SHARE", domain);
    if allowed.fetch_optional(&mut *conn).await?.is_some() {
        return Ok(false);
    }
    lock(conn, accounts).await?;
    sqlx::query!(
        "UPDATE accounts SET suspended_at = now() AT TIME ZONE 'utc', suspension_origin = $2
         WHERE id = ANY($1) AND suspended_at IS NULL",
        accounts,
        LOCAL_ORIGIN
    )
    .execute(conn)
    .await?;
    Ok(true)
}
