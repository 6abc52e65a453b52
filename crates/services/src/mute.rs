//! Muting an account and taking it back. Nobody else learns of it.

use std::time::Duration;

use chrono::NaiveDateTime;
use db::AccountId;
use jobs::account::{AfterBlock, ExpireMute};
use jobs::feed::RemoveFromFeeds;
use sqlx::PgConnection;

use crate::error::Result;
use crate::feeds;

/// `account` no longer wants to see `target`, for `duration` or for good. `notifications`: hide these too. Muting again
/// replaces both; muting oneself does nothing.
///
/// # Errors
/// The database fails, also because the target does not exist.
pub async fn mute(
    conn: &mut PgConnection,
    account: AccountId,
    target: AccountId,
    notifications: bool,
    duration: Option<Duration>,
) -> Result<()> {
    if account == target {
        return Ok(());
    }
    let seconds = duration.map(|duration| duration.as_secs_f64());
    sqlx::query!(
        r#"
        INSERT INTO mutes (account_id, target_account_id, hide_notifications, expires_at, created_at, updated_at)
        VALUES ($1, $2, $3, (now() AT TIME ZONE 'utc') + make_interval(secs => $4), now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id, target_account_id) DO UPDATE SET hide_notifications = excluded.hide_notifications,
          expires_at = excluded.expires_at, updated_at = excluded.updated_at
        "#,
        account,
        target,
        notifications,
        seconds
    )
    .execute(&mut *conn)
    .await?;
    if notifications {
        jobs::enqueue(conn, &AfterBlock { account_id: account, target_id: target }).await?;
    } else {
        jobs::enqueue(conn, &RemoveFromFeeds { account_id: account, target_id: target }).await?;
    }
    if let Some(duration) = duration {
        // A little later, so that the row is past its end by every clock.
        let after = duration.saturating_add(Duration::from_secs(1));
        jobs::enqueue_in(conn, &ExpireMute { account_id: account, target_id: target }, after).await?;
    }
    Ok(())
}

/// The opposite: what the target posted comes back into the feeds of a follower.
///
/// # Errors
/// The database fails.
pub async fn unmute(conn: &mut PgConnection, account: AccountId, target: AccountId) -> Result<()> {
    let removed = sqlx::query!("DELETE FROM mutes WHERE account_id = $1 AND target_account_id = $2", account, target)
        .execute(&mut *conn)
        .await?;
    if removed.rows_affected() > 0 { bring_back(conn, account, target).await } else { Ok(()) }
}

/// The same if the mute has run out by `now`. False: it is gone or was prolonged since the job was asked for.
///
/// # Errors
/// The database fails.
pub async fn expire(conn: &mut PgConnection, account: AccountId, target: AccountId, now: NaiveDateTime) -> Result<bool> {
    let removed = sqlx::query!(
        "DELETE FROM mutes WHERE account_id = $1 AND target_account_id = $2 AND expires_at <= $3",
        account,
        target,
        now
    )
    .execute(&mut *conn)
    .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    bring_back(conn, account, target).await?;
    Ok(true)
}

async fn bring_back(conn: &mut PgConnection, account: AccountId, target: AccountId) -> Result<()> {
    let follows = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM follows WHERE account_id = $1 AND target_account_id = $2) AS "follows!""#,
        account,
        target
    )
    .fetch_one(&mut *conn)
    .await?;
    if !follows {
        return Ok(());
    }
    let lists = feeds::lists_with(conn, account, target).await?;
    feeds::merge(conn, target, account, &lists).await
}
