//! Blocking an account and taking it back.

use activitypub::render::Renderer;
use activitypub::render::activity;
use db::AccountId;
use jobs::DeliveryOptions;
use jobs::account::AfterBlock;
use jobs::feed::RemoveFromFeeds;
use sqlx::PgConnection;

use crate::error::Result;
use crate::followers::FollowCount;
use crate::{follow, follow_requests, party};

/// `account` blocks `target`: both stop following, requests either way are void. A remote target is told. Blocking oneself, or
/// once more, does nothing.
///
/// # Errors
/// [`Error::NotFound`](crate::Error::NotFound) if one of them does not exist.
pub async fn block(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, target: AccountId) -> Result<()> {
    if account == target {
        return Ok(());
    }
    let (account, target) = party::pair(conn, account, target).await?;
    let mut ended = FollowCount::default();
    if follow::remove(conn, renderer, &account, &target).await? {
        ended.add(account.id, target.id, -1);
    } else {
        follow::withdraw(conn, renderer, &account, &target).await?;
    }
    if follow::remove(conn, renderer, &target, &account).await? {
        ended.add(target.id, account.id, -1);
    }
    follow_requests::refuse(conn, renderer, &account, &target).await?;
    let uri = party::new_uri(renderer);
    let made = sqlx::query_scalar!(
        r#"
        INSERT INTO blocks (account_id, target_account_id, uri, created_at, updated_at)
        VALUES ($1, $2, $3, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING RETURNING id
        "#,
        account.id,
        target.id,
        uri
    )
    .fetch_optional(&mut *conn)
    .await?;
    if made.is_some() {
        let activity = activity::block(&uri, &account.uri(renderer), &target.uri(renderer));
        party::send(conn, &account, &target, activity, DeliveryOptions::default()).await?;
        jobs::enqueue(conn, &AfterBlock { account_id: account.id, target_id: target.id }).await?;
    }
    ended.write(conn).await
}

/// What is left of `target` at `account` after a block, or a mute that goes for notifications too: notifications, conversations
/// and feeds. Running it again finds nothing.
///
/// # Errors
/// The database fails.
pub async fn forget(conn: &mut PgConnection, account: AccountId, target: AccountId) -> Result<()> {
    sqlx::query!("DELETE FROM notifications WHERE account_id = $1 AND from_account_id = $2", account, target)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM notification_requests WHERE account_id = $1 AND from_account_id = $2", account, target)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "DELETE FROM account_conversations WHERE account_id = $1 AND $2 = ANY(participant_account_ids)",
        account,
        target
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &RemoveFromFeeds { account_id: account, target_id: target }).await?;
    Ok(())
}

/// The opposite. Follows do not come back.
///
/// # Errors
/// [`Error::NotFound`](crate::Error::NotFound) if one of them does not exist.
pub async fn unblock(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, target: AccountId) -> Result<()> {
    let (account, target) = party::pair(conn, account, target).await?;
    let removed = sqlx::query!(
        "DELETE FROM blocks WHERE account_id = $1 AND target_account_id = $2 RETURNING id, uri",
        account.id,
        target.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(removed) = removed else { return Ok(()) };
    let uri = removed.uri.unwrap_or_default();
    let undo = activity::undo_block(removed.id, &uri, &account.uri(renderer), &target.uri(renderer));
    party::send(conn, &account, &target, undo, DeliveryOptions::default()).await
}
