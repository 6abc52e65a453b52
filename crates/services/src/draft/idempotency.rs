//! The `Idempotency-Key` of a draft: a client that heard no answer asks again and gets the same status.

use aws_lc_rs::digest::{SHA256, digest};
use db::{AccountId, StatusId};
use sqlx::PgConnection;

use crate::error::{Error, Result};

/// Stands for a draft that was scheduled.
const SCHEDULED: StatusId = 0;

/// The status posted with the key within the hour. `elsewhere` is what Redis knows, in case a Mastodon posted it.
///
/// # Errors
/// The database fails.
pub(crate) async fn earlier(
    conn: &mut PgConnection,
    author: AccountId,
    key: Option<&str>,
    elsewhere: Option<StatusId>,
) -> Result<Option<StatusId>> {
    let Some(key) = hash(key) else { return Ok(None) };
    lock(conn, author, &key).await?;
    Ok(sqlx::query_scalar!(
        r#"
        SELECT s.id FROM statuses s
        WHERE s.account_id = $1 AND s.deleted_at IS NULL AND s.id = COALESCE(
            (SELECT i.status_id FROM ferrodon.idempotency i WHERE i.account_id = $1 AND i.key_hash = $2 AND i.until > now()), $3)
        "#,
        author,
        &key,
        elsewhere
    )
    .fetch_optional(conn)
    .await?)
}

/// # Errors
/// The database fails.
pub(crate) async fn remember(conn: &mut PgConnection, author: AccountId, key: Option<&str>, id: StatusId) -> Result<()> {
    let Some(key) = hash(key) else { return Ok(()) };
    sqlx::query!(
        r#"
        INSERT INTO ferrodon.idempotency (account_id, key_hash, status_id) VALUES ($1, $2, $3)
        ON CONFLICT (account_id, key_hash) DO UPDATE SET status_id = excluded.status_id, until = excluded.until
        "#,
        author,
        &key,
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a draft with this key was scheduled.
///
/// # Errors
/// [`Error::NotFound`] if it was before: Mastodon cannot find what it scheduled (recorded: `rest/scheduled`).
pub(crate) async fn schedule_once(conn: &mut PgConnection, author: AccountId, key: Option<&str>) -> Result<()> {
    let Some(hashed) = hash(key) else { return Ok(()) };
    lock(conn, author, &hashed).await?;
    let known = sqlx::query!(
        "SELECT status_id FROM ferrodon.idempotency WHERE account_id = $1 AND key_hash = $2 AND until > now()",
        author,
        &hashed
    )
    .fetch_optional(&mut *conn)
    .await?;
    if known.is_some() { Err(Error::NotFound) } else { remember(conn, author, key, SCHEDULED).await }
}

fn hash(key: Option<&str>) -> Option<Vec<u8>> {
    key.filter(|key| !key.is_empty()).map(|key| digest(&SHA256, key.as_bytes()).as_ref().to_vec())
}

/// Held until the transaction ends: a repeat that comes while the first is under way waits for its outcome.
async fn lock(conn: &mut PgConnection, author: AccountId, key: &[u8]) -> Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), $2))", key, author).execute(conn).await?;
    Ok(())
}
