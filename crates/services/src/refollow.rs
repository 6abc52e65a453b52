//! A server forgot who follows there: people here ask anew, on the same terms.

use activitypub::render::Renderer;
use db::{AccountId, PgConnection};

use crate::error::Result;
use crate::follow::{FollowOptions, is_refused, request};
use crate::followers::{count, forget_notification};
use crate::move_followers::Follower;
use crate::party;

/// The follow becomes a request, which the other server is sent. What it brought into home and lists stays meanwhile. False: the
/// account may not be followed (any more); nothing was changed then.
///
/// # Errors
/// [`crate::Error::NotFound`] if one of them does not exist.
pub async fn refollow(conn: &mut PgConnection, renderer: &Renderer, follower: &Follower, target: AccountId) -> Result<bool> {
    let (source, target) = party::pair(conn, follower.account_id, target).await?;
    if target.is_local() || target.suspended || target.moved || is_refused(conn, &source, &target).await? {
        return Ok(false);
    }
    // Locked first: who gives it up meanwhile does not ask again.
    let stands = sqlx::query_scalar!("SELECT id FROM follows WHERE id = $1 FOR UPDATE", follower.follow_id)
        .fetch_optional(&mut *conn)
        .await?;
    if stands.is_none() {
        return Ok(false);
    }
    let options = FollowOptions {
        reblogs: Some(follower.reblogs),
        notify: Some(follower.notify),
        languages: follower.languages.clone(),
        ..FollowOptions::default()
    };
    request(conn, renderer, &source, &target, &options).await?;
    // Else they would go with the follow.
    sqlx::query!(
        "UPDATE list_accounts SET follow_id = NULL, follow_request_id = r.id FROM follow_requests r
         WHERE list_accounts.follow_id = $1 AND r.account_id = $2 AND r.target_account_id = $3",
        follower.follow_id,
        source.id,
        target.id
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM follows WHERE id = $1", follower.follow_id).execute(&mut *conn).await?;
    forget_notification(conn, "Follow", follower.follow_id).await?;
    count(conn, source.id, target.id, -1).await?;
    Ok(true)
}
