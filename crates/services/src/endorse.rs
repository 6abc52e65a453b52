//! Accounts that people show on their profiles.

use db::AccountId;
use sqlx::PgConnection;

use crate::error::{Error, Result};

/// `account` shows `target`, whom it must follow. Once more does nothing.
///
/// # Errors
/// [`Error::Invalid`] unless it follows.
pub async fn endorse(conn: &mut PgConnection, account: AccountId, target: AccountId) -> Result<()> {
    let follows =
        sqlx::query_scalar!("SELECT id FROM follows WHERE account_id = $1 AND target_account_id = $2 FOR SHARE", account, target)
            .fetch_optional(&mut *conn)
            .await?;
    if follows.is_none() {
        return Err(Error::invalid("You must be already following the person you want to endorse"));
    }
    sqlx::query!(
        r#"
        INSERT INTO account_pins (account_id, target_account_id, created_at, updated_at)
        VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING
        "#,
        account,
        target
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The opposite.
///
/// # Errors
/// The database fails.
pub async fn unendorse(conn: &mut PgConnection, account: AccountId, target: AccountId) -> Result<()> {
    sqlx::query!("DELETE FROM account_pins WHERE account_id = $1 AND target_account_id = $2", account, target)
        .execute(conn)
        .await?;
    Ok(())
}
