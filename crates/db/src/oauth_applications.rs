//! Registered applications, and the codes they get for a person's consent.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

use crate::{ApplicationId, UserId};

#[derive(Debug, Clone)]
pub struct ApplicationRow {
    pub id: ApplicationId,
    pub name: String,
    pub uid: String,
    pub secret: String,
    /// One address a line.
    pub redirect_uri: String,
    pub scopes: String,
    pub website: Option<String>,
    /// Ours: never asks for consent.
    pub superapp: bool,
    pub confidential: bool,
    pub created_at: Option<NaiveDateTime>,
}

/// # Errors
/// The database does not answer.
pub async fn find_by_uid(conn: &mut PgConnection, uid: &str) -> Result<Option<ApplicationRow>, sqlx::Error> {
    sqlx::query_as!(
        ApplicationRow,
        "SELECT id, name, uid, secret, redirect_uri, scopes, website, superapp, confidential, created_at
           FROM oauth_applications WHERE uid = $1",
        uid
    )
    .fetch_optional(conn)
    .await
}

/// # Errors
/// The database does not answer.
pub async fn find(conn: &mut PgConnection, id: ApplicationId) -> Result<Option<ApplicationRow>, sqlx::Error> {
    sqlx::query_as!(
        ApplicationRow,
        "SELECT id, name, uid, secret, redirect_uri, scopes, website, superapp, confidential, created_at
           FROM oauth_applications WHERE id = $1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// The server's own `Web` application, whose tokens belong to browser sessions; `None` on a database without seeds.
///
/// # Errors
/// The database does not answer.
pub async fn web(conn: &mut PgConnection) -> Result<Option<ApplicationId>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM oauth_applications WHERE superapp ORDER BY id LIMIT 1").fetch_optional(conn).await
}

/// What a client registers.
#[derive(Debug)]
pub struct NewApplication<'a> {
    pub name: &'a str,
    pub redirect_uri: &'a str,
    pub scopes: &'a str,
    pub website: Option<&'a str>,
    pub uid: &'a str,
    pub secret: &'a str,
}

/// # Errors
/// The database does not answer.
pub async fn insert(
    conn: &mut PgConnection,
    new: &NewApplication<'_>,
    now: NaiveDateTime,
) -> Result<ApplicationRow, sqlx::Error> {
    sqlx::query_as!(
        ApplicationRow,
        "INSERT INTO oauth_applications (name, redirect_uri, scopes, website, uid, secret, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         RETURNING id, name, uid, secret, redirect_uri, scopes, website, superapp, confidential, created_at",
        new.name,
        new.redirect_uri,
        new.scopes,
        new.website,
        new.uid,
        new.secret,
        now
    )
    .fetch_one(conn)
    .await
}

/// A person's consent, waiting to be turned into a token.
#[derive(Debug, Clone)]
pub struct GrantRow {
    pub id: i64,
    pub application_id: ApplicationId,
    pub resource_owner_id: UserId,
    pub redirect_uri: String,
    pub scopes: Option<String>,
    pub code_challenge: Option<String>,
    pub created_at: NaiveDateTime,
    pub expires_in: i32,
    pub revoked_at: Option<NaiveDateTime>,
}

/// Locks the row: of two requests with one code only the first finds it unused.
///
/// # Errors
/// The database does not answer.
pub async fn lock_grant(conn: &mut PgConnection, code: &str) -> Result<Option<GrantRow>, sqlx::Error> {
    sqlx::query_as!(
        GrantRow,
        "SELECT id, application_id, resource_owner_id, redirect_uri, scopes, code_challenge, created_at, expires_in, revoked_at
           FROM oauth_access_grants WHERE token = $1 FOR UPDATE",
        code
    )
    .fetch_optional(conn)
    .await
}

/// # Errors
/// The database does not answer.
pub async fn revoke_grant(conn: &mut PgConnection, id: i64, now: NaiveDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE oauth_access_grants SET revoked_at = $2 WHERE id = $1", id, now).execute(conn).await?;
    Ok(())
}

#[derive(Debug)]
pub struct NewGrant<'a> {
    pub application: ApplicationId,
    pub owner: UserId,
    pub code: &'a str,
    pub redirect_uri: &'a str,
    pub scopes: &'a str,
    /// S256, the only method there is.
    pub code_challenge: Option<&'a str>,
    /// Seconds.
    pub expires_in: i32,
}

/// # Errors
/// The database does not answer.
pub async fn insert_grant(conn: &mut PgConnection, new: &NewGrant<'_>, now: NaiveDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO oauth_access_grants
           (application_id, resource_owner_id, token, redirect_uri, scopes, code_challenge, code_challenge_method, expires_in, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.application,
        new.owner,
        new.code,
        new.redirect_uri,
        new.scopes,
        new.code_challenge,
        new.code_challenge.map(|_| "S256"),
        new.expires_in,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An application that acts for a person, as the settings page lists it.
#[derive(Debug, Clone)]
pub struct AuthorizedRow {
    pub id: ApplicationId,
    pub name: String,
    pub website: Option<String>,
    pub superapp: bool,
    /// Of all its live tokens together.
    pub scopes: String,
    pub authorized_at: NaiveDateTime,
    pub last_used_at: Option<NaiveDateTime>,
}

/// # Errors
/// The database does not answer.
pub async fn authorized(conn: &mut PgConnection, owner: UserId) -> Result<Vec<AuthorizedRow>, sqlx::Error> {
    sqlx::query_as!(
        AuthorizedRow,
        r#"SELECT app.id, app.name, app.website, app.superapp,
                  COALESCE(string_agg(DISTINCT token.scopes, ' '), '') AS "scopes!",
                  MIN(token.created_at) AS "authorized_at!",
                  MAX(token.last_used_at) AS last_used_at
             FROM oauth_access_tokens token
             JOIN oauth_applications app ON app.id = token.application_id
            WHERE token.resource_owner_id = $1 AND token.revoked_at IS NULL
            GROUP BY app.id
            ORDER BY app.name, app.id"#,
        owner
    )
    .fetch_all(conn)
    .await
}
