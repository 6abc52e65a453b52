//! Who opens a stream, and whether the token still holds.

use std::collections::HashSet;

use axum::http::{HeaderMap, header};
use chrono::{NaiveDateTime, TimeDelta};
use db::oauth_access_tokens;
use sqlx::PgConnection;

use crate::app::App;
use crate::refusal::Refusal;

const ADMINISTRATOR: i64 = 1;
const VIEW_FEEDS: i64 = 1 << 20;

#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) token_id: i64,
    pub(crate) account_id: i64,
    pub(crate) scopes: Vec<String>,
    /// Only posts in these languages are wanted in public streams.
    pub(crate) languages: Option<Vec<String>>,
    /// Feeds that administrators closed are open to this one.
    pub(crate) sees_closed_feeds: bool,
}

impl Identity {
    pub(crate) fn has_scope(&self, any_of: &[&str]) -> bool {
        self.scopes.iter().any(|scope| any_of.contains(&scope.as_str()))
    }
}

/// `query_token` is the parameter `access_token`. Expiry is checked as in the API; confirmation and approval are not, as in Mastodon.
pub(crate) async fn authenticate(app: &App, headers: &HeaderMap, query_token: Option<&str>) -> Result<Identity, Refusal> {
    let token = token(headers, query_token).ok_or(Refusal::MISSING_TOKEN)?;
    if token.contains('\0') {
        return Err(Refusal::INVALID_TOKEN);
    }
    let row = oauth_access_tokens::authenticate(&mut *app.conn().await?, token).await?.ok_or(Refusal::INVALID_TOKEN)?;
    let (Some(token_id), Some(account_id), Some(disabled)) = (row.token_id, row.account_id, row.disabled) else {
        return Err(Refusal::INVALID_TOKEN);
    };
    let expired = is_expired(row.token_created_at, row.expires_in, app.clock.now_naive());
    if row.revoked_at.is_some() || row.suspended_at.is_some() || disabled || expired {
        return Err(Refusal::INVALID_TOKEN);
    }
    Ok(Identity {
        token_id,
        account_id,
        scopes: row.scopes.unwrap_or_default().split(' ').map(str::to_owned).collect(),
        languages: row.chosen_languages.filter(|languages| !languages.is_empty()),
        sees_closed_feeds: row.permissions & (ADMINISTRATOR | VIEW_FEEDS) != 0,
    })
}

/// Those of `token_ids` that may keep their streams.
pub(crate) async fn still_valid(conn: &mut PgConnection, token_ids: &[i64]) -> Result<HashSet<i64>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "
        SELECT token.id
        FROM oauth_access_tokens token
          JOIN users ON users.id = token.resource_owner_id
          JOIN accounts ON accounts.id = users.account_id
        WHERE token.id = ANY($1)
          AND token.revoked_at IS NULL
          AND NOT users.disabled
          AND accounts.suspended_at IS NULL
        ",
        token_ids
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().collect())
}

/// The header wins. Browsers, which cannot set it on a WebSocket, offer the token as a subprotocol.
fn token<'a>(headers: &'a HeaderMap, query_token: Option<&'a str>) -> Option<&'a str> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    if let Some(authorization) = text(header::AUTHORIZATION) {
        return Some(authorization.strip_prefix("Bearer ").unwrap_or(authorization));
    }
    let offered = || text(header::SEC_WEBSOCKET_PROTOCOL).and_then(|offers| offers.split(',').next()).map(str::trim);
    query_token.filter(|token| !token.is_empty()).or_else(offered)
}

fn is_expired(created_at: Option<NaiveDateTime>, expires_in: Option<i32>, now: NaiveDateTime) -> bool {
    match (created_at, expires_in) {
        (Some(created_at), Some(seconds)) => created_at + TimeDelta::seconds(i64::from(seconds)) <= now,
        _ => false,
    }
}
