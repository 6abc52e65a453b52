//! Browser sessions: one row each, with the access token of the web application that belongs to it.

use chrono::NaiveDateTime;
use ipnetwork::IpNetwork;
use sqlx::PgConnection;

use crate::oauth_access_tokens::IdentityRow;
use crate::{AccessTokenId, UserId};

/// Who is signed in with this session id; token and application fields stay empty.
///
/// # Errors
/// The database does not answer.
pub async fn authenticate(conn: &mut PgConnection, session_id: &str) -> Result<Option<IdentityRow>, sqlx::Error> {
    sqlx::query_as!(
        IdentityRow,
        r#"
        SELECT
          NULL::bigint AS token_id,
          NULL::text AS scopes,
          NULL::timestamp AS token_created_at,
          NULL::integer AS expires_in,
          NULL::timestamp AS revoked_at,
          NULL::timestamp AS last_used_at,
          NULL::bigint AS application_id,
          NULL::text AS application_name,
          NULL::text AS application_website,
          u.id AS "user_id?",
          a.id AS "account_id?",
          a.username AS "username?",
          u.email AS "email?",
          u.locale AS "locale?",
          u.time_zone AS "time_zone?",
          u.settings AS "settings?",
          u.chosen_languages AS "chosen_languages?",
          u.approved AS "approved?",
          u.disabled AS "disabled?",
          u.confirmed_at AS "confirmed_at?",
          u.current_sign_in_at AS "current_sign_in_at?",
          u.created_at AS "user_created_at?",
          a.suspended_at AS "suspended_at?",
          a.silenced_at AS "silenced_at?",
          a.memorial AS "memorial?",
          a.locked AS "locked?",
          a.moved_to_account_id AS "moved_to_account_id?",
          role.id AS "role_id?",
          role.position AS "role_position?",
          COALESCE(role.permissions, 0) | COALESCE(everyone.permissions, 0) AS "permissions!",
          COALESCE(role.collection_limit, everyone.collection_limit) AS "collection_limit?",
          COALESCE(role.require_2fa, FALSE)
            AND NOT u.otp_required_for_login
            AND NOT EXISTS (SELECT FROM webauthn_credentials w WHERE w.user_id = u.id) AS "lacks_second_factor!"
        FROM session_activations session
        JOIN users u ON u.id = session.user_id
        JOIN accounts a ON a.id = u.account_id
        LEFT JOIN user_roles role ON role.id = u.role_id
        LEFT JOIN user_roles everyone ON everyone.id = -99
        WHERE session.session_id = $1
        "#,
        session_id
    )
    .fetch_optional(conn)
    .await
}

/// # Errors
/// The database does not answer.
pub async fn insert(
    conn: &mut PgConnection,
    user: UserId,
    session_id: &str,
    access_token: Option<AccessTokenId>,
    user_agent: &str,
    ip: IpNetwork,
    now: NaiveDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO session_activations (user_id, session_id, access_token_id, user_agent, ip, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        user,
        session_id,
        access_token,
        user_agent,
        ip,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends all but the newest `keep` sessions of a person, with their tokens and push subscriptions.
/// Returns the tokens that died, for the streams.
///
/// # Errors
/// The database does not answer.
pub async fn purge_old(conn: &mut PgConnection, user: UserId, keep: i64) -> Result<Vec<AccessTokenId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM session_activations WHERE user_id = $1 ORDER BY updated_at DESC, id DESC OFFSET $2",
        user,
        keep
    )
    .fetch_all(&mut *conn)
    .await?;
    delete(conn, &ids).await
}

/// Ends one session by its id in the cookie. Returns the tokens that died.
///
/// # Errors
/// The database does not answer.
pub async fn end(conn: &mut PgConnection, session_id: &str) -> Result<Vec<AccessTokenId>, sqlx::Error> {
    let ids =
        sqlx::query_scalar!("SELECT id FROM session_activations WHERE session_id = $1", session_id).fetch_all(&mut *conn).await?;
    delete(conn, &ids).await
}

/// Ends every session of a person but the given one. Returns the tokens that died.
///
/// # Errors
/// The database does not answer.
pub async fn end_others(conn: &mut PgConnection, user: UserId, but: Option<&str>) -> Result<Vec<AccessTokenId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM session_activations WHERE user_id = $1 AND ($2::text IS NULL OR session_id <> $2)",
        user,
        but
    )
    .fetch_all(&mut *conn)
    .await?;
    delete(conn, &ids).await
}

/// The subscription goes before its session, the token after it: foreign keys point that way.
async fn delete(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<AccessTokenId>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "DELETE FROM session_activations WHERE id = ANY($1) RETURNING access_token_id, web_push_subscription_id",
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let subscriptions: Vec<i64> = rows.iter().filter_map(|row| row.web_push_subscription_id).collect();
    let tokens: Vec<i64> = rows.iter().filter_map(|row| row.access_token_id).collect();
    sqlx::query!("DELETE FROM web_push_subscriptions WHERE id = ANY($1) OR access_token_id = ANY($2)", &subscriptions, &tokens)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM oauth_access_tokens WHERE id = ANY($1)", &tokens).execute(conn).await?;
    Ok(tokens)
}

/// One line of a person's sign-in history.
#[derive(Debug)]
pub struct LoginActivity<'a> {
    pub user: UserId,
    /// `password`, `otp`, `webauthn`
    pub method: &'a str,
    pub success: bool,
    pub failure_reason: Option<&'a str>,
    pub ip: IpNetwork,
    pub user_agent: &'a str,
}

/// # Errors
/// The database does not answer.
pub async fn record_login(conn: &mut PgConnection, login: &LoginActivity<'_>, now: NaiveDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO login_activities (user_id, authentication_method, success, failure_reason, ip, user_agent, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        login.user,
        login.method,
        login.success,
        login.failure_reason,
        login.ip,
        login.user_agent,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
