//! Somebody of ours moves to another account: theirs leads there, local followers go along, other servers are told.

use activitypub::render::Renderer;
use chrono::{Duration, NaiveDateTime};
use db::{AccountId, PgConnection};
use jobs::account::MoveFollowers;
use jobs::delivery::FederateMove;

use crate::error::{Error, Result};

/// Between two moves.
pub const COOLDOWN: Duration = Duration::days(30);

/// A move as it was asked for; `id` is `account_migrations.id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    pub id: i64,
    pub account_id: AccountId,
    pub target_id: AccountId,
}

/// Where the account leads now, if anywhere.
///
/// # Errors
/// There is no such account.
pub async fn leads_to(conn: &mut PgConnection, account: AccountId) -> Result<Option<AccountId>> {
    sqlx::query_scalar!("SELECT moved_to_account_id FROM accounts WHERE id = $1", account)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)
}

/// The last move that was made.
///
/// # Errors
/// The database fails.
pub async fn last(conn: &mut PgConnection, account: AccountId) -> Result<Option<Migration>> {
    let last = sqlx::query_as!(
        Migration,
        r#"SELECT id, account_id AS "account_id!", target_account_id AS "target_id!" FROM account_migrations
           WHERE account_id = $1 AND target_account_id IS NOT NULL ORDER BY id DESC LIMIT 1"#,
        account
    );
    Ok(last.fetch_optional(conn).await?)
}

/// Notes a move, which [`carry_out`] then does.
///
/// # Errors
/// The target does not name the account as one of its others, is the account itself, or is where it leads already; or the
/// last move was less than [`COOLDOWN`] ago.
pub async fn plan(
    conn: &mut PgConnection,
    renderer: &Renderer,
    account: AccountId,
    target: AccountId,
    now: NaiveDateTime,
) -> Result<Migration> {
    let row = sqlx::query!(
        r#"
        SELECT a.username, a.id_scheme, a.moved_to_account_id, t.also_known_as,
               concat_ws('@', t.username, t.domain) AS "target_acct!", COALESCE(stat.followers_count, 0) AS "followers!",
               EXISTS (SELECT FROM account_migrations m WHERE m.account_id = a.id AND m.created_at > $3) AS "recent!"
        FROM accounts a JOIN accounts t ON t.id = $2 LEFT JOIN account_stats stat ON stat.account_id = a.id
        WHERE a.id = $1 AND a.domain IS NULL
        FOR UPDATE OF a
        "#,
        account,
        target,
        now - COOLDOWN
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound)?;
    let uri = renderer.uris.account(account, &row.username, row.id_scheme);
    let refusal = if row.recent {
        Some("the account moved less than 30 days ago")
    } else if account == target {
        Some("an account cannot move to itself")
    } else if !row.also_known_as.unwrap_or_default().contains(&uri) {
        Some("the new account does not name this one as an alias yet")
    } else if row.moved_to_account_id == Some(target) {
        Some("the account leads there already")
    } else {
        None
    };
    if let Some(refusal) = refusal {
        return Err(Error::unprocessable(refusal));
    }
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO account_migrations (account_id, target_account_id, acct, followers_count, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5) RETURNING id
        "#,
        account,
        target,
        row.target_acct,
        row.followers,
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(Migration { id, account_id: account, target_id: target })
}

/// Lets the account lead to its target and asks for what follows. May be done again for the same move.
///
/// # Errors
/// The database fails.
pub async fn carry_out(conn: &mut PgConnection, migration: Migration) -> Result<()> {
    sqlx::query!(
        "UPDATE accounts SET moved_to_account_id = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        migration.account_id,
        migration.target_id
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &MoveFollowers { source_id: migration.account_id, target_id: migration.target_id }).await?;
    Ok(jobs::enqueue(conn, &FederateMove { migration_id: migration.id }).await?)
}
