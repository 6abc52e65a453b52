//! What was deleted or undone before it came here: for six hours it is turned away when it does come.

use aws_lc_rs::digest::{SHA256, digest};
use db::{AccountId, PgConnection};
use kv::Kv;

use crate::error::Result;

pub(crate) async fn remember(conn: &mut PgConnection, account_id: AccountId, uri: &str) -> Result<(), sqlx::Error> {
    let hash = digest(&SHA256, uri.as_bytes());
    sqlx::query!(
        "INSERT INTO ferrodon.deleted_before_arrival (account_id, uri_hash) VALUES ($1, $2)
         ON CONFLICT (account_id, uri_hash) DO UPDATE SET until = excluded.until",
        account_id,
        hash.as_ref()
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn is_remembered(
    conn: &mut PgConnection,
    account_id: AccountId,
    uri: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let Some(uri) = uri else { return Ok(false) };
    let hash = digest(&SHA256, uri.as_bytes());
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM ferrodon.deleted_before_arrival WHERE account_id = $1 AND uri_hash = $2 AND until > now())
           AS "remembered!""#,
        account_id,
        hash.as_ref()
    )
    .fetch_one(conn)
    .await
}

/// What Mastodon itself remembered, before we took over. Without Redis there is nothing to know.
pub(crate) async fn was_remembered_by_mastodon(kv: &Kv, account_id: AccountId, uri: Option<&str>) -> bool {
    match uri {
        Some(uri) => kv::federation::arrives_deleted(kv, account_id, uri).await.unwrap_or(false),
        None => false,
    }
}
