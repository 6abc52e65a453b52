//! A new password, and the end of everything that the old one opened.

use db::{AccessTokenId, UserId};
use jobs::mail::MailPasswordChange;
use sqlx::PgConnection;

use crate::error::Result;
use crate::revoke_access::revoke_everything;

/// Sets the hash of [`crate::create_account::hash_password`]; ends sessions, tokens, grants and push subscriptions, and tells by mail.
/// Returns the tokens that died, for [`crate::revoke_access::end_streams`] after the commit.
///
/// # Errors
/// The database's.
pub async fn reset_password(conn: &mut PgConnection, user: UserId, encrypted_password: &str) -> Result<Vec<AccessTokenId>> {
    sqlx::query!(
        "UPDATE users SET encrypted_password = $2, reset_password_token = NULL, reset_password_sent_at = NULL,
           updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1",
        user,
        encrypted_password
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &MailPasswordChange { user_id: user }).await?;
    revoke_everything(conn, user).await
}
