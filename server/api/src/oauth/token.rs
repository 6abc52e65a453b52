//! A token for a code, or for an application itself. There is no password grant and there are no refresh tokens.

use aws_lc_rs::constant_time;
use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Duration, NaiveDateTime};
use db::oauth_access_tokens::{self, AccessTokenRow};
use db::oauth_applications::{self, ApplicationRow, GrantRow};
use db::{PgConnection, UserId};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use shared::{App, Params, oauth};

use super::client::authenticate;
use super::refusal::Refusal;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Create {
    grant_type: Option<String>,
    scope: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
}

#[derive(Debug, Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
    scope: String,
    created_at: i64,
}

pub(super) async fn create(State(app): State<App>, headers: HeaderMap, params: Params<Create>) -> Result<Response, Refusal> {
    let row = match params.grant_type.as_deref().filter(|kind| !kind.is_empty()) {
        None => return Err(Refusal::Missing("grant_type")),
        Some("authorization_code") => for_code(&app, &headers, &params).await?,
        Some("client_credentials") => for_application(&app, &headers, &params).await?,
        Some(_) => return Err(Refusal::UnsupportedGrantType),
    };
    let token = Token {
        access_token: row.token,
        token_type: "Bearer",
        scope: row.scopes.unwrap_or_default(),
        created_at: row.created_at.and_utc().timestamp(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::VARY, "Accept")], Json(token)).into_response())
}

async fn for_application(app: &App, headers: &HeaderMap, params: &Params<Create>) -> Result<AccessTokenRow, Refusal> {
    let mut tx = app.db.begin().await?;
    let client = authenticate(&mut tx, headers, params.raw()).await?.ok_or(Refusal::InvalidClient)?;
    let scopes = oauth::grantable(params.scope.as_deref(), &client.scopes).ok_or(Refusal::InvalidScope)?;
    let row = find_or_create(&mut tx, client.id, None, &scopes, app.clock.now_naive()).await?;
    tx.commit().await?;
    Ok(row)
}

async fn for_code(app: &App, headers: &HeaderMap, params: &Params<Create>) -> Result<AccessTokenRow, Refusal> {
    let now = app.clock.now_naive();
    let present = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let code = present(&params.code).ok_or(Refusal::Missing("code"))?;
    let mut tx = app.db.begin().await?;
    let client = authenticate(&mut tx, headers, params.raw()).await?;
    let grant = oauth_applications::lock_grant(&mut tx, &code).await?;
    if grant.as_ref().is_some_and(|grant| grant.code_challenge.is_some()) && present(&params.code_verifier).is_none() {
        return Err(Refusal::Missing("code_verifier"));
    }
    let redirect_uri = present(&params.redirect_uri).ok_or(Refusal::Missing("redirect_uri"))?;
    let client = client.ok_or(Refusal::InvalidClient)?;
    let grant = grant.filter(|grant| is_usable(grant, &client, &redirect_uri, now)).ok_or(Refusal::InvalidGrant)?;
    if !verifier_fits(&grant, present(&params.code_verifier).as_deref()) {
        return Err(Refusal::InvalidGrant);
    }
    oauth_applications::revoke_grant(&mut tx, grant.id, now).await?;
    let scopes = grant.scopes.unwrap_or_default();
    let row = find_or_create(&mut tx, client.id, Some(grant.resource_owner_id), &scopes, now).await?;
    tx.commit().await?;
    Ok(row)
}

fn is_usable(grant: &GrantRow, client: &ApplicationRow, redirect_uri: &str, now: NaiveDateTime) -> bool {
    grant.application_id == client.id
        && grant.revoked_at.is_none()
        && grant.created_at + Duration::seconds(grant.expires_in.into()) > now
        && grant.redirect_uri == redirect_uri
}

/// PKCE with SHA-256. A verifier for a code that was given without a challenge is as wrong as none for one that was.
fn verifier_fits(grant: &GrantRow, verifier: Option<&str>) -> bool {
    match (grant.code_challenge.as_deref(), verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            let expected = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            constant_time::verify_slices_are_equal(expected.as_bytes(), challenge.trim_end_matches('=').as_bytes()).is_ok()
        }
        _ => false,
    }
}

/// The same application, person and scopes get the same token again, so that its push subscription lives on.
async fn find_or_create(
    conn: &mut PgConnection,
    application: i64,
    owner: Option<UserId>,
    scopes: &str,
    now: NaiveDateTime,
) -> Result<AccessTokenRow, Refusal> {
    if let Some(row) = oauth_access_tokens::matching(conn, application, owner, scopes).await? {
        return Ok(row);
    }
    Ok(oauth_access_tokens::insert(conn, application, owner, scopes, &oauth::random_token()?, now).await?)
}
