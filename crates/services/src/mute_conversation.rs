//! No more notifications about a conversation.

use db::{AccountId, ConversationId, StatusId};
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::subject;

/// Mutes the conversation that the status belongs to.
///
/// # Errors
/// [`Error::NotFoundPlain`] if it is not for the account's eyes, 422 for a status without a conversation.
pub async fn mute_conversation(conn: &mut PgConnection, account: AccountId, id: StatusId) -> Result<()> {
    let conversation = conversation_of(conn, account, id).await?;
    sqlx::query!(
        "INSERT INTO conversation_mutes (account_id, conversation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        account,
        conversation
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// # Errors
/// As [`mute_conversation`].
pub async fn unmute_conversation(conn: &mut PgConnection, account: AccountId, id: StatusId) -> Result<()> {
    let conversation = conversation_of(conn, account, id).await?;
    sqlx::query!("DELETE FROM conversation_mutes WHERE account_id = $1 AND conversation_id = $2", account, conversation)
        .execute(conn)
        .await?;
    Ok(())
}

async fn conversation_of(conn: &mut PgConnection, account: AccountId, id: StatusId) -> Result<ConversationId> {
    let named = subject::named(conn, account, id).await?;
    named.conversation_id.ok_or_else(|| Error::unprocessable("Mastodon::ValidationError"))
}
