//! Bookmarks: known to nobody but their owner.

use db::{AccountId, StatusId};
use sqlx::PgConnection;

use crate::error::Result;
use crate::subject;

/// Bookmarks the status, or what it boosts.
///
/// # Errors
/// [`Error::NotFoundPlain`](crate::Error::NotFoundPlain) if it is not for the account's eyes.
pub async fn bookmark(conn: &mut PgConnection, account: AccountId, id: StatusId) -> Result<()> {
    let subject = subject::find(conn, account, id).await?;
    sqlx::query!(
        r#"
        INSERT INTO bookmarks (account_id, status_id, created_at, updated_at)
        VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING
        "#,
        account,
        subject.id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the bookmark of exactly this status; a status without one is only looked at.
///
/// # Errors
/// [`Error::NotFoundPlain`](crate::Error::NotFoundPlain) for a status that is neither bookmarked nor for the account's eyes.
pub async fn unbookmark(conn: &mut PgConnection, account: AccountId, id: StatusId) -> Result<()> {
    let gone =
        sqlx::query!("DELETE FROM bookmarks WHERE account_id = $1 AND status_id = $2", account, id).execute(&mut *conn).await?;
    if gone.rows_affected() == 0 {
        subject::named(conn, account, id).await?;
    }
    Ok(())
}
