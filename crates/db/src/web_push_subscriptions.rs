//! Browsers and apps that are told of notifications by push: one for each access token.

mod preferences;

use chrono::NaiveDateTime;
use sqlx::PgConnection;

pub use preferences::Preferences;

use crate::{AccessTokenId, AccountId, UserId};

#[derive(Debug, Clone)]
pub struct SubscriptionRow {
    pub id: i64,
    pub endpoint: String,
    /// `aes128gcm` rather than `aesgcm`.
    pub standard: bool,
    pub preferences: Preferences,
}

/// A new subscription.
#[derive(Debug, Clone, Copy)]
pub struct NewSubscription<'a> {
    pub user: UserId,
    pub token: AccessTokenId,
    pub endpoint: &'a str,
    pub p256dh: &'a str,
    pub auth: &'a str,
    pub standard: bool,
    pub preferences: &'a Preferences,
}

/// Who would be told, and of whom.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub recipient: AccountId,
    pub sender: AccountId,
}

macro_rules! subscriptions {
    ($sql:literal $(, $arg:expr)*) => {
        sqlx::query!($sql $(, $arg)*).map(|row| SubscriptionRow {
            id: row.id,
            endpoint: row.endpoint,
            standard: row.standard,
            preferences: Preferences::stored(row.data),
        })
    };
}

/// # Errors
/// The database does not answer.
pub async fn of_token(conn: &mut PgConnection, token: AccessTokenId) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    subscriptions!(
        "SELECT id, endpoint, standard, data FROM web_push_subscriptions WHERE access_token_id = $1 ORDER BY id LIMIT 1",
        token
    )
    .fetch_optional(conn)
    .await
}

/// Makes the subscription the only one of its token. `None`: the token was revoked meanwhile.
///
/// # Errors
/// The database does not answer.
pub async fn replace(
    conn: &mut PgConnection,
    new: NewSubscription<'_>,
    now: NaiveDateTime,
) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    // Two requests at a time would both find nothing to replace, and a revocation would not find what is being made.
    let live = sqlx::query_scalar!(
        "SELECT id FROM oauth_access_tokens WHERE id = $1 AND revoked_at IS NULL FOR NO KEY UPDATE",
        new.token
    )
    .fetch_optional(&mut *conn)
    .await?;
    if live.is_none() {
        return Ok(None);
    }
    delete_of_token(conn, new.token).await?;
    subscriptions!(
        "INSERT INTO web_push_subscriptions (user_id, access_token_id, endpoint, key_p256dh, key_auth, standard, data,
           created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         RETURNING id, endpoint, standard, data",
        new.user,
        new.token,
        new.endpoint,
        new.p256dh,
        new.auth,
        new.standard,
        new.preferences.as_json(),
        now
    )
    .fetch_optional(conn)
    .await
}

/// # Errors
/// The database does not answer.
pub async fn update_of_token(
    conn: &mut PgConnection,
    token: AccessTokenId,
    preferences: &Preferences,
    now: NaiveDateTime,
) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    subscriptions!(
        "UPDATE web_push_subscriptions SET data = $2, updated_at = $3 WHERE access_token_id = $1
         RETURNING id, endpoint, standard, data",
        token,
        preferences.as_json(),
        now
    )
    .fetch_optional(conn)
    .await
}

/// Only the owner's: anybody else's id changes nothing.
///
/// # Errors
/// The database does not answer.
pub async fn update_of_user(
    conn: &mut PgConnection,
    user: UserId,
    id: i64,
    preferences: &Preferences,
    now: NaiveDateTime,
) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    subscriptions!(
        "UPDATE web_push_subscriptions SET data = $3, updated_at = $4 WHERE user_id = $1 AND id = $2
         RETURNING id, endpoint, standard, data",
        user,
        id,
        preferences.as_json(),
        now
    )
    .fetch_optional(conn)
    .await
}

/// # Errors
/// The database does not answer.
pub async fn delete_of_token(conn: &mut PgConnection, token: AccessTokenId) -> Result<(), sqlx::Error> {
    let ids = sqlx::query_scalar!("SELECT id FROM web_push_subscriptions WHERE access_token_id = $1", token)
        .fetch_all(&mut *conn)
        .await?;
    delete(conn, &ids).await
}

/// Sessions that had one of these have none.
///
/// # Errors
/// The database does not answer.
pub async fn delete(conn: &mut PgConnection, ids: &[i64]) -> Result<(), sqlx::Error> {
    let users = sqlx::query_scalar!("DELETE FROM web_push_subscriptions WHERE id = ANY($1) RETURNING user_id", ids)
        .fetch_all(&mut *conn)
        .await?;
    if !users.is_empty() {
        sqlx::query!(
            "UPDATE session_activations SET web_push_subscription_id = NULL
             WHERE user_id = ANY($1) AND web_push_subscription_id = ANY($2)",
            &users,
            ids
        )
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// The recipient's subscriptions that want a notification of this type from this sender.
///
/// # Errors
/// The database does not answer.
pub async fn wanting(conn: &mut PgConnection, pair: Pair, kind: &str) -> Result<Vec<i64>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT s.id, s.data,
          EXISTS (SELECT FROM follows f WHERE f.account_id = $1 AND f.target_account_id = $2) AS "followed!",
          EXISTS (SELECT FROM follows f WHERE f.account_id = $2 AND f.target_account_id = $1) AS "follower!"
        FROM web_push_subscriptions s JOIN users u ON u.id = s.user_id
        WHERE u.account_id = $1
        ORDER BY s.id
        "#,
        pair.recipient,
        pair.sender
    )
    .fetch_all(conn)
    .await?;
    let wanting = rows.into_iter().filter(|row| {
        let preferences = Preferences::stored(row.data.clone());
        preferences.want(kind, row.followed, row.follower)
    });
    Ok(wanting.map(|row| row.id).collect())
}
