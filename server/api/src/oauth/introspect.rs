//! What a token is worth: for its application (RFC 7662), and for whoever holds it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{Duration, NaiveDateTime};
use db::oauth_access_tokens::{self, PresentedTokenRow};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{App, Params, RawParams, access_token_text, oauth};

use super::client::authenticate;
use super::refusal::Refusal;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Introspect {
    token: String,
}

pub(super) async fn create(State(app): State<App>, headers: HeaderMap, params: Params<Introspect>) -> Result<Response, Refusal> {
    let now = app.clock.now_naive();
    let mut conn = app.db.acquire().await?;
    let bearer = match access_token_text(&headers, None) {
        Some(text) => oauth_access_tokens::find(&mut conn, &text).await?.filter(|token| is_live(token, now)),
        None => None,
    };
    let application = match &bearer {
        Some(token) => token.application_id,
        None => Some(authenticate(&mut conn, &headers, params.raw()).await?.ok_or(Refusal::InvalidClient)?.id),
    };
    let token = oauth_access_tokens::find(&mut conn, &params.token).await?;
    let visible =
        token.filter(|token| is_live(token, now) && (token.application_id.is_none() || token.application_id == application));
    let body = match visible {
        None => json!({ "active": false }),
        Some(token) => {
            let issued = token.created_at.and_utc().timestamp();
            let mut body = json!({
                "active": true,
                "scope": token.scopes.unwrap_or_default(),
                "client_id": token.application_uid,
                "token_type": "Bearer",
                "exp": token.expires_in.map(|seconds| issued + i64::from(seconds)),
                "iat": issued,
            });
            if let (None, Some(body)) = (token.expires_in, body.as_object_mut()) {
                body.remove("exp");
            }
            body
        }
    };
    Ok(answer(body))
}

/// For the holder of a token, without naming its application.
pub(super) async fn info(State(app): State<App>, headers: HeaderMap, raw: RawParams) -> Result<Response, Refusal> {
    let text = access_token_text(&headers, Some(&raw));
    let token = match text {
        Some(text) => oauth_access_tokens::find(&mut *app.db.acquire().await?, &text).await?,
        None => None,
    };
    let description = match &token {
        Some(token) if is_live(token, app.clock.now_naive()) => None,
        Some(token) if token.revoked_at.is_some() => Some("The access token was revoked"),
        Some(_) => Some("The access token expired"),
        None => Some("The access token is invalid"),
    };
    let (Some(token), None) = (token, description) else {
        return Ok(refused(description.unwrap_or("The access token is invalid")));
    };
    let body = json!({
        "resource_owner_id": token.resource_owner_id,
        "scope": oauth::split(token.scopes.as_deref().unwrap_or_default()),
        "expires_in": token.expires_in,
        "application": { "uid": token.application_uid },
        "created_at": token.created_at.and_utc().timestamp(),
    });
    Ok(answer(body))
}

fn is_live(token: &PresentedTokenRow, now: NaiveDateTime) -> bool {
    let expired = token.expires_in.is_some_and(|seconds| token.created_at + Duration::seconds(seconds.into()) <= now);
    token.revoked_at.is_none() && !expired
}

fn answer(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "max-age=0, private, must-revalidate"), (header::VARY, "Accept")], Json(body)).into_response()
}

fn refused(description: &str) -> Response {
    let body = json!({ "error": "invalid_token", "error_description": description });
    let mut response =
        (StatusCode::UNAUTHORIZED, [(header::CACHE_CONTROL, "no-store"), (header::VARY, "Accept")], Json(body)).into_response();
    let challenge = format!(r#"Bearer realm="Doorkeeper", error="invalid_token", error_description="{description}""#);
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
