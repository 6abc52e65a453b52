//! Taking back what apps and browsers were given: tokens, grants, push subscriptions, sessions.

use db::{AccessTokenId, AccountId, UserId, session_activations};
use kv::Kv;
use kv::publish::{self, Channel, Message};
use sqlx::PgConnection;

use crate::error::Result;

/// Revokes all tokens and grants of a user and forgets their push subscriptions. Returns the tokens that died, for
/// [`end_streams`] after the commit.
///
/// # Errors
/// The database's.
pub async fn revoke_access(conn: &mut PgConnection, user: UserId) -> Result<Vec<AccessTokenId>> {
    sqlx::query!(
        "UPDATE oauth_access_grants SET revoked_at = now() AT TIME ZONE 'utc' WHERE resource_owner_id = $1 AND revoked_at IS NULL",
        user
    )
    .execute(&mut *conn)
    .await?;
    let tokens = sqlx::query_scalar!(
        "UPDATE oauth_access_tokens SET revoked_at = now() AT TIME ZONE 'utc'
         WHERE resource_owner_id = $1 AND revoked_at IS NULL RETURNING id",
        user
    )
    .fetch_all(&mut *conn)
    .await?;
    // Sessions point to their subscription; the foreign key would refuse the deletion otherwise.
    sqlx::query!("UPDATE session_activations SET web_push_subscription_id = NULL WHERE user_id = $1", user)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM web_push_subscriptions WHERE user_id = $1 OR access_token_id = ANY($2)", user, &tokens)
        .execute(conn)
        .await?;
    Ok(tokens)
}

/// As [`revoke_access`], and ends the browsers' sessions too.
///
/// # Errors
/// The database's.
pub async fn revoke_everything(conn: &mut PgConnection, user: UserId) -> Result<Vec<AccessTokenId>> {
    let mut ended = session_activations::end_others(conn, user, None).await?;
    ended.extend(revoke_access(conn, user).await?);
    Ok(ended)
}

/// Ends the streams that were opened with these tokens. Lost if Redis is away: streams ask the database at intervals too.
pub async fn end_streams(kv: &Kv, tokens: &[AccessTokenId]) {
    kill(kv, tokens.iter().map(|token| Channel::AccessToken(*token)).collect()).await;
}

/// Ends all streams of an account.
pub async fn end_streams_of(kv: &Kv, account: AccountId) {
    kill(kv, vec![Channel::System(account)]).await;
}

async fn kill(kv: &Kv, channels: Vec<Channel>) {
    if channels.is_empty() {
        return;
    }
    let sent = async {
        let messages: std::result::Result<Vec<_>, kv::Error> =
            channels.into_iter().map(|channel| Ok((channel, Message::bare("kill")?))).collect();
        publish::publish(kv, &messages?).await
    };
    if let Err(error) = sent.await {
        tracing::warn!(target: "ferrodon", %error, "streams were not told of their end");
    }
}
