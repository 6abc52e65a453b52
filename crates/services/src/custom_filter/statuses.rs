//! Single statuses of a filter.

use chrono::NaiveDateTime;
use db::{AccountId, StatusId};
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::visibility::is_visible;

/// Adds a status to a filter of the account's and answers the entry's id.
///
/// # Errors
/// It does not exist, the account may not see it, or it is there already.
pub async fn add_status(
    conn: &mut PgConnection,
    account: AccountId,
    filter: i64,
    status: StatusId,
    now: NaiveDateTime,
) -> Result<i64> {
    if db::statuses::existing(conn, &[status]).await?.is_empty() {
        return Err(Error::invalid("Status must exist"));
    }
    if !is_visible(conn, Some(account), status).await? {
        return Err(Error::invalid("Status is invalid"));
    }
    sqlx::query_scalar!(
        r#"
        INSERT INTO custom_filter_statuses (custom_filter_id, status_id, created_at, updated_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT DO NOTHING RETURNING id
        "#,
        filter,
        status,
        now
    )
    .fetch_optional(conn)
    .await?
    .ok_or_else(|| Error::invalid("Status has already been taken"))
}

/// By the entry's id.
///
/// # Errors
/// [`Error::NotFound`] if it is not the account's.
pub async fn remove_status(conn: &mut PgConnection, account: AccountId, id: i64) -> Result<()> {
    let gone = sqlx::query!(
        r#"
        DELETE FROM custom_filter_statuses s USING custom_filters f
        WHERE s.id = $1 AND f.id = s.custom_filter_id AND f.account_id = $2
        "#,
        id,
        account
    )
    .execute(conn)
    .await?;
    if gone.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}
