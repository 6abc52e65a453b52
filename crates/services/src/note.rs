//! Private notes about accounts.

use db::AccountId;
use sqlx::PgConnection;

use crate::error::{Error, Result};

const MAX_CHARS: usize = 2_000;

/// `account` notes `comment` about `target`; a blank one takes the note away.
///
/// # Errors
/// [`Error::Invalid`] if it is too long.
pub async fn set(conn: &mut PgConnection, account: AccountId, target: AccountId, comment: &str) -> Result<()> {
    if comment.trim().is_empty() {
        sqlx::query!("DELETE FROM account_notes WHERE account_id = $1 AND target_account_id = $2", account, target)
            .execute(conn)
            .await?;
        return Ok(());
    }
    if comment.chars().count() > MAX_CHARS {
        return Err(Error::invalid(format!("Comment is too long (maximum is {MAX_CHARS} characters)")));
    }
    sqlx::query!(
        r#"
        INSERT INTO account_notes (account_id, target_account_id, comment, created_at, updated_at)
        VALUES ($1, $2, $3, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id, target_account_id) DO UPDATE SET comment = excluded.comment, updated_at = excluded.updated_at
        "#,
        account,
        target,
        comment
    )
    .execute(conn)
    .await?;
    Ok(())
}
