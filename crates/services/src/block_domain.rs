//! People who want nothing of a whole server.

use activitypub::render::Renderer;
use db::AccountId;
use jobs::account::AfterDomainBlock;
use jobs::feed::RemoveFromFeeds;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::followers::FollowCount;
use crate::severance::{self, Cause};
use crate::update_account::is_domain;
use crate::{follow, follow_requests, party};

/// In the form of `accounts.domain`.
///
/// # Errors
/// [`Error::Invalid`] in the words of the API: once for what cannot stand in a domain, and once because it is none.
pub(crate) fn normalize(domain: &str) -> Result<String> {
    let domain = domain.trim();
    let domain = domain.strip_suffix('/').unwrap_or(domain);
    if domain.is_empty() {
        return Err(Error::invalid("Domain can't be blank"));
    }
    match text::account_name::normalize_domain(domain) {
        Ok(normal) if is_domain(&normal) => Ok(normal),
        Ok(_) => Err(Error::invalid("Domain is invalid")),
        Err(_) => Err(Error::invalid("Domain is invalid, Domain is invalid")),
    }
}

/// `account` blocks `domain`; relations with accounts there end soon after, in the worker.
///
/// # Errors
/// [`Error::Invalid`] if it is no domain.
pub async fn block_domain(conn: &mut PgConnection, account: AccountId, domain: &str) -> Result<()> {
    let domain = normalize(domain)?;
    sqlx::query!(
        r#"
        INSERT INTO account_domain_blocks (account_id, domain, created_at, updated_at)
        VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING
        "#,
        account,
        domain
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &AfterDomainBlock { account_id: account, domain }).await?;
    Ok(())
}

/// The opposite. What ended does not come back.
///
/// # Errors
/// The database fails.
pub async fn unblock_domain(conn: &mut PgConnection, account: AccountId, domain: &str) -> Result<()> {
    let Ok(domain) = normalize(domain) else { return Ok(()) };
    sqlx::query!("DELETE FROM account_domain_blocks WHERE account_id = $1 AND domain = $2", account, domain)
        .execute(conn)
        .await?;
    Ok(())
}

/// What a block would end.
#[derive(Debug, Clone, Copy)]
pub struct Severed {
    pub following: i64,
    pub followers: i64,
}

/// # Errors
/// The database fails.
pub async fn preview(conn: &mut PgConnection, account: AccountId, domain: &str) -> Result<Severed> {
    let domain = normalize(domain).unwrap_or_default();
    let severed = sqlx::query_as!(
        Severed,
        r#"
        SELECT (SELECT count(*) FROM follows f JOIN accounts a ON a.id = f.target_account_id AND a.domain = $2
                WHERE f.account_id = $1) AS "following!",
               (SELECT count(*) FROM follows f JOIN accounts a ON a.id = f.account_id AND a.domain = $2
                WHERE f.target_account_id = $1) AS "followers!"
        "#,
        account,
        domain
    )
    .fetch_one(conn)
    .await?;
    Ok(severed)
}

/// Ends follows both ways and requests, forgets notifications and feeds, and tells the blocker whom they lost. Running it again
/// finds nothing to do.
///
/// # Errors
/// [`Error::NotFound`] without the account.
pub async fn sever(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, domain: &str) -> Result<()> {
    sqlx::query!(
        "DELETE FROM notifications WHERE account_id = $1 AND from_account_id IN (SELECT id FROM accounts WHERE domain = $2)",
        account,
        domain
    )
    .execute(&mut *conn)
    .await?;
    record(conn, account, domain).await?;
    let ties = sqlx::query!(
        r#"
        SELECT a.id AS "id!",
          EXISTS (SELECT FROM follows f WHERE f.account_id = $1 AND f.target_account_id = a.id) AS "following!"
        FROM accounts a
        WHERE a.domain = $2 AND a.id IN (
          SELECT target_account_id FROM follows WHERE account_id = $1 UNION SELECT account_id FROM follows WHERE target_account_id = $1
          UNION SELECT account_id FROM follow_requests WHERE target_account_id = $1
          UNION SELECT target_account_id FROM follow_requests WHERE account_id = $1)
        ORDER BY a.id
        "#,
        account,
        domain
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<AccountId> = ties.iter().map(|tie| tie.id).chain([account]).collect();
    let parties = party::load(conn, &ids).await?;
    let own = parties.get(&account).ok_or(Error::NotFound)?;
    let mut ended = FollowCount::default();
    for tie in &ties {
        let Some(other) = parties.get(&tie.id) else { continue };
        if follow::remove(conn, renderer, own, other).await? {
            ended.add(own.id, other.id, -1);
        } else {
            follow::withdraw(conn, renderer, own, other).await?;
        }
        if follow::remove(conn, renderer, other, own).await? {
            ended.add(other.id, own.id, -1);
        }
        follow_requests::refuse(conn, renderer, own, other).await?;
    }
    let followed = ties.iter().filter(|tie| tie.following);
    let feeds: Vec<RemoveFromFeeds> = followed.map(|tie| RemoveFromFeeds { account_id: account, target_id: tie.id }).collect();
    jobs::enqueue_many(conn, &feeds).await?;
    ended.write(conn).await
}

/// Keeps what ends, so that the blocker can look up whom they lost.
async fn record(conn: &mut PgConnection, account: AccountId, domain: &str) -> Result<()> {
    let follows = sqlx::query_scalar!(
        r#"
        SELECT f.id AS "id!" FROM follows f JOIN accounts a ON a.id = f.target_account_id AND a.domain = $2 WHERE f.account_id = $1
        UNION ALL
        SELECT f.id FROM follows f JOIN accounts a ON a.id = f.account_id AND a.domain = $2 WHERE f.target_account_id = $1
        "#,
        account,
        domain
    )
    .fetch_all(&mut *conn)
    .await?;
    if follows.is_empty() {
        return Ok(());
    }
    let event = severance::begin(conn, Cause::UserDomainBlock, domain).await?;
    severance::record(conn, event, &follows).await?;
    severance::tell(conn, event).await?;
    Ok(())
}
