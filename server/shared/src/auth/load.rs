//! Finds the credentials of a request, asks the database about them once, and notes their use once a day.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{Duration, NaiveDateTime};
use db::oauth_access_tokens::{self, IdentityRow};
use db::session_activations;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use jobs::feed::RegenerateHome;

use super::{Auth, Identity, Refused, Token, User};
use crate::app::App;
use crate::cookies;
use crate::csrf;
use crate::error::ApiResult;
use crate::params::RawParams;

pub(crate) async fn load(app: &App, parts: &Parts) -> ApiResult<Auth> {
    let params = parts.extensions.get::<RawParams>();
    if let Some(text) = access_token_text(&parts.headers, params) {
        let row = oauth_access_tokens::authenticate(&mut *app.db.acquire().await?, &text).await?;
        // A token that nobody knows leaves the browser's session in charge, as in Mastodon.
        if let Some(row) = row {
            return Ok(Auth(Arc::new(from_token(&row, app.clock.now_naive()))));
        }
        let mut identity = from_session(app, parts).await?;
        identity.refused = Some(Refused::Unknown);
        return Ok(Auth(Arc::new(identity)));
    }
    Ok(Auth(Arc::new(from_session(app, parts).await?)))
}

/// The token's text: `Authorization: Bearer`, else the parameters `access_token` and `bearer_token`.
#[must_use]
pub fn access_token_text(headers: &HeaderMap, params: Option<&RawParams>) -> Option<String> {
    let from_header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    let params = || params.and_then(|params| params.text("access_token").or_else(|| params.text("bearer_token")));
    from_header.or_else(params).filter(|text| !text.is_empty() && !text.contains('\0'))
}

/// The id in the signed session cookie.
#[must_use]
pub fn session_id(app: &App, headers: &HeaderMap) -> Option<String> {
    let cookie = cookies::get(headers, "_session_id")?;
    app.cookies.verify("_session_id", &cookie, app.clock.now())?.as_str().map(str::to_owned)
}

fn from_token(row: &IdentityRow, now: NaiveDateTime) -> Identity {
    let expires = row.expires_in.zip(row.token_created_at).map(|(seconds, created)| created + Duration::seconds(seconds.into()));
    let refused = if row.revoked_at.is_some_and(|at| at <= now) {
        Some(Refused::Revoked)
    } else if expires.is_some_and(|at| at <= now) {
        Some(Refused::Expired)
    } else {
        None
    };
    let (Some(id), None) = (row.token_id, refused) else {
        return Identity { refused, ..Identity::default() };
    };
    let token = Token {
        id,
        scopes: row.scopes.as_deref().unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        application_id: row.application_id,
        application_name: row.application_name.clone(),
        application_website: row.application_website.clone(),
        last_used_at: row.last_used_at,
    };
    Identity { token: Some(token), refused: None, user: User::from_row(row) }
}

/// A session counts for reading; for anything else in the API the page must prove that it is ours by its CSRF token.
async fn from_session(app: &App, parts: &Parts) -> ApiResult<Identity> {
    let Some(id) = session_id(app, &parts.headers) else {
        return Ok(Identity::default());
    };
    let safe = matches!(parts.method, Method::GET | Method::HEAD);
    if !safe && parts.uri.path().starts_with("/api") && !csrf::header_is_valid(app, parts) {
        return Ok(Identity::default());
    }
    let row = session_activations::authenticate(&mut *app.db.acquire().await?, &id).await?;
    Ok(Identity { user: row.as_ref().and_then(User::from_row), ..Identity::default() })
}

/// Notes that token and person are active, at most once a day each. Runs beside the request: losing a note costs nothing.
pub(crate) fn touch(app: &App, auth: &Auth, ip: IpAddr) {
    let now = app.clock.now_naive();
    let due = |last: Option<NaiveDateTime>| last.is_none_or(|at| now - at > Duration::hours(24));
    let token = auth.token().filter(|token| due(token.last_used_at)).map(|token| token.id);
    let user = auth.user().filter(|user| user.functional() && due(user.current_sign_in_at));
    if token.is_none() && user.is_none() {
        return;
    }
    let (app, user) = (app.clone(), user.cloned());
    tokio::spawn(async move {
        if let Err(error) = note(&app, token, user.as_ref(), ip, now).await {
            tracing::warn!(%error, "could not note the use of a login");
        }
    });
}

async fn note(app: &App, token: Option<i64>, user: Option<&User>, ip: IpAddr, now: NaiveDateTime) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    if let Some(token) = token {
        oauth_access_tokens::touch(&mut tx, token, now, ip.into()).await?;
    }
    if let Some(user) = user {
        let noted = sqlx::query!(
            "UPDATE users SET last_sign_in_at = COALESCE(current_sign_in_at, $2), current_sign_in_at = $2
              WHERE id = $1 AND (current_sign_in_at IS NULL OR current_sign_in_at < $2::timestamp - INTERVAL '24 hours')",
            user.id,
            now
        )
        .execute(&mut *tx)
        .await?;
        // Nothing was put into the feeds of somebody who was away.
        let away = Duration::days(app.config.federation.user_active_days);
        let returned = noted.rows_affected() > 0 && user.current_sign_in_at.is_none_or(|last| now - last > away);
        if returned {
            jobs::enqueue(&mut tx, &RegenerateHome { account_id: user.account_id }).await?;
            // Before the commit: the job may have ended by the time that this would be written after it.
            let begun = kv::async_refresh::start(&app.kv, &kv::key::home_regeneration(user.account_id), false).await;
            if let Err(error) = begun {
                tracing::warn!(%error, "nobody is told that a feed is being built");
            }
        }
    }
    tx.commit().await?;
    Ok(())
}
