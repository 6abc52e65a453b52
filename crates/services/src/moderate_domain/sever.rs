//! A suspended server loses its ties to our people: both sides are told, and our people can look up whom they lost.

use activitypub::render::Renderer;
use chrono::NaiveDateTime;
use db::domain_blocks::DomainBlockRow;
use db::{AccountId, PgConnection};

use crate::error::Result;
use crate::follow;
use crate::followers::FollowCount;
use crate::party;
use crate::severance::{self, Cause};

/// Ties of one piece.
const TIES: i64 = 100;

/// Ends the next follows between these accounts and ours and keeps them for the record. Whatever ends by the block since then
/// is one event. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn sever(
    conn: &mut PgConnection,
    renderer: &Renderer,
    accounts: &[AccountId],
    rule: &DomainBlockRow,
    since: NaiveDateTime,
) -> Result<bool> {
    let ties = next(conn, accounts).await?;
    if ties.is_empty() {
        return Ok(false);
    }
    let event = match event(conn, &rule.domain, since).await? {
        Some(event) => event,
        None => severance::begin(conn, Cause::DomainBlock, &rule.domain).await?,
    };
    let ids: Vec<i64> = ties.iter().map(|tie| tie.id).collect();
    severance::record(conn, event, &ids).await?;
    end(conn, renderer, &ties).await?;
    Ok(true)
}

/// The same without a record: of accounts whose rows will go.
///
/// # Errors
/// The database fails.
pub async fn sever_silently(conn: &mut PgConnection, renderer: &Renderer, accounts: &[AccountId]) -> Result<bool> {
    let ties = next(conn, accounts).await?;
    end(conn, renderer, &ties).await?;
    Ok(!ties.is_empty())
}

/// Tells the next people of ours what the block has cost them. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn tell_severed(conn: &mut PgConnection, rule: &DomainBlockRow, since: NaiveDateTime) -> Result<bool> {
    match event(conn, &rule.domain, since).await? {
        Some(event) => severance::tell(conn, event).await,
        None => Ok(false),
    }
}

/// The caller holds the row of the rule, so that there cannot be two.
async fn event(conn: &mut PgConnection, domain: &str, since: NaiveDateTime) -> Result<Option<i64>> {
    let event = sqlx::query_scalar!(
        "SELECT id FROM relationship_severance_events WHERE type = 0 AND target_name = $1 AND created_at >= $2
         ORDER BY id LIMIT 1",
        domain,
        since
    )
    .fetch_optional(conn)
    .await?;
    Ok(event)
}

struct Tie {
    id: i64,
    follower: AccountId,
    followed: AccountId,
}

async fn next(conn: &mut PgConnection, accounts: &[AccountId]) -> Result<Vec<Tie>> {
    let ties = sqlx::query_as!(
        Tie,
        r#"
        SELECT f.id AS "id!", f.account_id AS "follower!", f.target_account_id AS "followed!" FROM follows f
        WHERE f.account_id = ANY($1)
        UNION
        SELECT f.id, f.account_id, f.target_account_id FROM follows f WHERE f.target_account_id = ANY($1)
        LIMIT $2
        "#,
        accounts,
        TIES
    )
    .fetch_all(conn)
    .await?;
    Ok(ties)
}

async fn end(conn: &mut PgConnection, renderer: &Renderer, ties: &[Tie]) -> Result<()> {
    let ids: Vec<AccountId> = ties.iter().flat_map(|tie| [tie.follower, tie.followed]).collect();
    let parties = party::load(conn, &ids).await?;
    let mut ended = FollowCount::default();
    for tie in ties {
        let (Some(follower), Some(followed)) = (parties.get(&tie.follower), parties.get(&tie.followed)) else { continue };
        if follow::remove(conn, renderer, follower, followed).await? {
            ended.add(follower.id, followed.id, -1);
        }
    }
    ended.write(conn).await
}
