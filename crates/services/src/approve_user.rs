//! Letting in somebody whose sign-up waits.

use db::UserId;
use sqlx::PgConnection;

use crate::confirm_user::prepare_new_user;
use crate::error::Result;

/// Returns false if the user was approved before.
///
/// # Errors
/// The database's.
pub async fn approve_user(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    let approved = sqlx::query!(
        "UPDATE users SET approved = true, updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1 AND NOT approved
         RETURNING account_id, confirmed_at",
        user
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = approved else { return Ok(false) };
    if row.confirmed_at.is_some() {
        prepare_new_user(conn, user, row.account_id).await?;
    }
    Ok(true)
}
