//! Somebody moved: who followed, blocked, muted or noted the old account does so with the new one. Each piece may be done again.

use activitypub::render::Renderer;
use db::{AccountId, PgConnection};

use crate::error::{Error, Result};
use crate::follow::{FollowOptions, follow, unfollow};
use crate::{block, mute, note};

/// Rows of one piece.
const PIECE: i64 = 500;

/// An account that moved and where it went.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    pub source: AccountId,
    pub target: AccountId,
}

/// Somebody of ours who follows the old account.
#[derive(Debug, Clone)]
pub struct Follower {
    /// Where to go on from.
    pub follow_id: i64,
    pub account_id: AccountId,
    pub reblogs: bool,
    pub notify: bool,
    pub languages: Option<Vec<String>>,
}

/// Local followers of the old account after a follow, at most a piece of them.
///
/// # Errors
/// The database fails.
pub async fn followers(conn: &mut PgConnection, source: AccountId, after: i64) -> Result<Vec<Follower>> {
    let followers = sqlx::query_as!(
        Follower,
        r#"
        SELECT f.id AS follow_id, f.account_id, f.show_reblogs AS reblogs, f.notify, f.languages
        FROM follows f JOIN accounts a ON a.id = f.account_id AND a.domain IS NULL
        WHERE f.target_account_id = $1 AND f.id > $2
        ORDER BY f.id LIMIT $3
        "#,
        source,
        after,
        PIECE
    )
    .fetch_all(conn)
    .await?;
    Ok(followers)
}

/// Follows the new account as the old one was followed, then gives up the old one. Who may not follow the new one keeps the old.
///
/// # Errors
/// The database fails.
pub async fn take_along(conn: &mut PgConnection, renderer: &Renderer, moved: Move, follower: &Follower) -> Result<bool> {
    let options = FollowOptions {
        reblogs: Some(follower.reblogs),
        notify: Some(follower.notify),
        languages: follower.languages.clone(),
        bypass_locked: false,
        bypass_limit: true,
    };
    match follow(conn, renderer, follower.account_id, moved.target, &options).await {
        Err(Error::NotFound | Error::Forbidden | Error::Invalid(_)) => return Ok(false),
        other => other?,
    };
    unfollow(conn, renderer, follower.account_id, moved.source).await?;
    Ok(true)
}

/// Notes about the old account are copied to the new one, below what is noted there. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn copy_notes(conn: &mut PgConnection, moved: Move) -> Result<bool> {
    let acct = acct(conn, moved.source).await?;
    let notes = sqlx::query!(
        r#"
        SELECT old.account_id, old.comment, new.comment AS "present?"
        FROM account_notes old JOIN accounts a ON a.id = old.account_id AND a.domain IS NULL
        LEFT JOIN account_notes new ON new.account_id = old.account_id AND new.target_account_id = $2
        WHERE old.target_account_id = $1 AND old.account_id <> $2 AND position(old.comment IN COALESCE(new.comment, '')) = 0
        ORDER BY old.account_id LIMIT $3
        "#,
        moved.source,
        moved.target,
        PIECE
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut copied = false;
    for row in &notes {
        let copy = format!("Moved here from @{acct}. Noted there:\n{}", row.comment);
        copied |= append(conn, row.account_id, moved.target, row.present.as_deref(), &copy).await?;
    }
    Ok(copied)
}

/// Who blocked or muted the old account does so with the new one, unless they follow that. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn carry_over(conn: &mut PgConnection, renderer: &Renderer, moved: Move) -> Result<bool> {
    let acct = acct(conn, moved.source).await?;
    let rows = sqlx::query!(
        r#"
        WITH held AS (
          SELECT account_id, true AS blocks, false AS hides FROM blocks WHERE target_account_id = $1
          UNION ALL SELECT account_id, false, hide_notifications FROM mutes WHERE target_account_id = $1
        )
        -- One of somebody's at a time: the next round sees what this one noted.
        SELECT DISTINCT ON (held.account_id) held.account_id AS "account_id!", held.blocks AS "blocks!", held.hides AS "hides!",
          n.comment AS "present?"
        FROM held JOIN accounts a ON a.id = held.account_id AND a.domain IS NULL
        LEFT JOIN account_notes n ON n.account_id = held.account_id AND n.target_account_id = $2
        WHERE held.account_id <> $2
          AND NOT EXISTS (SELECT FROM follows f WHERE f.account_id = held.account_id AND f.target_account_id = $2)
          AND NOT EXISTS (SELECT FROM blocks x WHERE held.blocks AND x.account_id = held.account_id AND x.target_account_id = $2)
          AND NOT EXISTS (SELECT FROM mutes x WHERE NOT held.blocks AND x.account_id = held.account_id AND x.target_account_id = $2)
        ORDER BY held.account_id, held.blocks DESC LIMIT $3
        "#,
        moved.source,
        moved.target,
        PIECE
    )
    .fetch_all(&mut *conn)
    .await?;
    for row in &rows {
        if row.blocks {
            block::block(conn, renderer, row.account_id, moved.target).await?;
        } else {
            mute::mute(conn, row.account_id, moved.target, row.hides, None).await?;
        }
        let said = if row.blocks { "block" } else { "mute" };
        let more = format!("Moved here from @{acct}, whom you {said}.");
        append(conn, row.account_id, moved.target, row.present.as_deref(), &more).await?;
    }
    Ok(!rows.is_empty())
}

/// A note that would become too long stays as it is; false then.
async fn append(
    conn: &mut PgConnection,
    account: AccountId,
    target: AccountId,
    present: Option<&str>,
    more: &str,
) -> Result<bool> {
    let comment = present.map_or_else(|| more.to_owned(), |present| format!("{present}\n\n{more}"));
    match note::set(conn, account, target, &comment).await {
        Err(Error::Invalid(_)) => Ok(false),
        done => done.map(|()| true),
    }
}

async fn acct(conn: &mut PgConnection, account: AccountId) -> Result<String> {
    sqlx::query_scalar!(r#"SELECT concat_ws('@', username, domain) AS "acct!" FROM accounts WHERE id = $1"#, account)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)
}
