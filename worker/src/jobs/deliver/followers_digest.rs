//! The digest of an account's followers on one server (FEP-8fcf): SHA-256 of each follower's URI, combined by exclusive or.

use aws_lc_rs::digest::{SHA256, digest};
use db::AccountId;
use sqlx::PgConnection;

/// Mastodon leaves the header out for accounts with so many followers.
const TOO_MANY: i64 = 25_000;

/// `server` is scheme and host with a slash at its end. `None`: the account has too many followers.
pub(super) async fn of_server(
    conn: &mut PgConnection,
    account_id: AccountId,
    server: &str,
) -> Result<Option<String>, sqlx::Error> {
    let count = sqlx::query_scalar!("select followers_count from account_stats where account_id = $1", account_id)
        .fetch_optional(&mut *conn)
        .await?;
    if count.is_some_and(|count| count >= TOO_MANY) {
        return Ok(None);
    }
    let uris = sqlx::query_scalar!(
        "select a.uri from follows f join accounts a on a.id = f.account_id
         where f.target_account_id = $1 and starts_with(a.uri, $2)",
        account_id,
        server,
    )
    .fetch_all(conn)
    .await?;
    Ok(Some(combine(&uris)))
}

fn combine(uris: &[String]) -> String {
    let mut combined = [0_u8; 32];
    for uri in uris {
        for (byte, other) in combined.iter_mut().zip(digest(&SHA256, uri.as_bytes()).as_ref()) {
            *byte ^= other;
        }
    }
    hex::encode(combined)
}
