//! Access tokens, and everything one request wants to know about who sent one: read in a single statement.

use chrono::NaiveDateTime;
use ipnetwork::IpNetwork;
use sqlx::PgConnection;

use crate::{AccessTokenId, AccountId, ApplicationId, UserId};

/// Who stands behind a token or a session: token, application, user, account and role side by side. Token and application
/// fields are `None` for a session; user fields are `None` for a token without resource owner.
#[derive(Debug, Clone)]
pub struct IdentityRow {
    pub token_id: Option<AccessTokenId>,
    pub scopes: Option<String>,
    pub token_created_at: Option<NaiveDateTime>,
    pub expires_in: Option<i32>,
    pub revoked_at: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
    pub application_id: Option<ApplicationId>,
    pub application_name: Option<String>,
    pub application_website: Option<String>,
    pub user_id: Option<UserId>,
    pub account_id: Option<AccountId>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub settings: Option<String>,
    pub chosen_languages: Option<Vec<String>>,
    pub approved: Option<bool>,
    pub disabled: Option<bool>,
    pub confirmed_at: Option<NaiveDateTime>,
    pub current_sign_in_at: Option<NaiveDateTime>,
    pub user_created_at: Option<NaiveDateTime>,
    pub suspended_at: Option<NaiveDateTime>,
    pub silenced_at: Option<NaiveDateTime>,
    pub memorial: Option<bool>,
    pub locked: Option<bool>,
    pub moved_to_account_id: Option<AccountId>,
    pub role_id: Option<i64>,
    pub role_position: Option<i32>,
    pub permissions: i64,
    pub collection_limit: Option<i32>,
    /// The role asks for a second factor that the user does not have.
    pub lacks_second_factor: bool,
}

/// The row of this token, revoked or not; `None` if nobody ever issued it.
///
/// # Errors
/// The database does not answer.
pub async fn authenticate(conn: &mut PgConnection, token: &str) -> Result<Option<IdentityRow>, sqlx::Error> {
    sqlx::query_as!(
        IdentityRow,
        r#"
        SELECT
          token.id AS "token_id?",
          token.scopes AS "scopes?",
          token.created_at AS "token_created_at?",
          token.expires_in AS "expires_in?",
          token.revoked_at AS "revoked_at?",
          token.last_used_at AS "last_used_at?",
          token.application_id AS "application_id?",
          app.name AS "application_name?",
          app.website AS "application_website?",
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
        FROM oauth_access_tokens token
        LEFT JOIN oauth_applications app ON app.id = token.application_id
        LEFT JOIN users u ON u.id = token.resource_owner_id
        LEFT JOIN accounts a ON a.id = u.account_id
        LEFT JOIN user_roles role ON role.id = u.role_id
        LEFT JOIN user_roles everyone ON everyone.id = -99
        WHERE token.token = $1
        "#,
        token
    )
    .fetch_optional(conn)
    .await
}

/// Notes that the token is in use, unless that was noted less than a day ago.
///
/// # Errors
/// The database does not answer.
pub async fn touch(conn: &mut PgConnection, id: AccessTokenId, now: NaiveDateTime, ip: IpNetwork) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE oauth_access_tokens
            SET last_used_at = $2, last_used_ip = $3
          WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamp - INTERVAL '24 hours')",
        id,
        now,
        ip
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE session_activations SET updated_at = $2
          WHERE access_token_id = $1 AND updated_at < $2::timestamp - INTERVAL '24 hours'",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A token as the token endpoint answers it.
#[derive(Debug, Clone)]
pub struct AccessTokenRow {
    pub id: AccessTokenId,
    pub token: String,
    pub scopes: Option<String>,
    pub created_at: NaiveDateTime,
}

/// A live token of this application, person and exactly these scopes, if there is one: Mastodon hands it out again.
/// The newest wins.
///
/// # Errors
/// The database does not answer.
pub async fn matching(
    conn: &mut PgConnection,
    application: ApplicationId,
    owner: Option<UserId>,
    scopes: &str,
) -> Result<Option<AccessTokenRow>, sqlx::Error> {
    let rows = sqlx::query_as!(
        AccessTokenRow,
        "SELECT id, token, scopes, created_at
           FROM oauth_access_tokens
          WHERE application_id = $1
            AND resource_owner_id IS NOT DISTINCT FROM $2
            AND revoked_at IS NULL
            AND expires_in IS NULL
          ORDER BY created_at DESC, id DESC",
        application,
        owner
    )
    .fetch_all(conn)
    .await?;
    let wanted = sorted(scopes);
    Ok(rows.into_iter().find(|row| sorted(row.scopes.as_deref().unwrap_or_default()) == wanted))
}

fn sorted(scopes: &str) -> Vec<&str> {
    let mut list: Vec<&str> = scopes.split_whitespace().collect();
    list.sort_unstable();
    list
}

/// A token that somebody presents, for revocation and introspection.
#[derive(Debug, Clone)]
pub struct PresentedTokenRow {
    pub id: AccessTokenId,
    pub application_id: Option<ApplicationId>,
    pub application_uid: Option<String>,
    pub resource_owner_id: Option<UserId>,
    pub scopes: Option<String>,
    pub created_at: NaiveDateTime,
    pub expires_in: Option<i32>,
    pub revoked_at: Option<NaiveDateTime>,
}

/// # Errors
/// The database does not answer.
pub async fn find(conn: &mut PgConnection, token: &str) -> Result<Option<PresentedTokenRow>, sqlx::Error> {
    sqlx::query_as!(
        PresentedTokenRow,
        r#"SELECT token.id, token.application_id, app.uid AS "application_uid?", token.resource_owner_id, token.scopes,
                  token.created_at, token.expires_in, token.revoked_at
             FROM oauth_access_tokens token
             LEFT JOIN oauth_applications app ON app.id = token.application_id
            WHERE token.token = $1"#,
        token
    )
    .fetch_optional(conn)
    .await
}

/// Writes a new token that never expires.
///
/// # Errors
/// The database does not answer, or the token exists.
pub async fn insert(
    conn: &mut PgConnection,
    application: ApplicationId,
    owner: Option<UserId>,
    scopes: &str,
    token: &str,
    now: NaiveDateTime,
) -> Result<AccessTokenRow, sqlx::Error> {
    sqlx::query_as!(
        AccessTokenRow,
        "INSERT INTO oauth_access_tokens (application_id, resource_owner_id, scopes, token, created_at)
         VALUES ($1, $2, $3, $4, $5)
         RETURNING id, token, scopes, created_at",
        application,
        owner,
        scopes,
        token,
        now
    )
    .fetch_one(conn)
    .await
}

/// Revokes tokens and drops the push subscriptions that hang on them. The caller tells the streams.
///
/// # Errors
/// The database does not answer.
pub async fn revoke(conn: &mut PgConnection, ids: &[AccessTokenId], now: NaiveDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE oauth_access_tokens SET revoked_at = $2 WHERE id = ANY($1) AND revoked_at IS NULL", ids, now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM web_push_subscriptions WHERE access_token_id = ANY($1)", ids).execute(conn).await?;
    Ok(())
}

/// Every live token by which this application acts for this person.
///
/// # Errors
/// The database does not answer.
pub async fn of_application(
    conn: &mut PgConnection,
    application: ApplicationId,
    owner: UserId,
) -> Result<Vec<AccessTokenId>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM oauth_access_tokens WHERE application_id = $1 AND resource_owner_id = $2 AND revoked_at IS NULL",
        application,
        owner
    )
    .fetch_all(conn)
    .await
}
