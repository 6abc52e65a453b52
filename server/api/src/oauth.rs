//! What applications ask of OAuth: tokens, their end, their meaning. The person's side, consent, is in `pages::oauth`.

mod client;
mod introspect;
mod metadata;
mod refusal;
mod revoke;
mod token;
mod userinfo;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get, post};
use shared::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/oauth/token", post(token::create))
        .route("/oauth/token/info", get(introspect::info))
        .route("/oauth/revoke", post(revoke::create))
        .route("/oauth/introspect", post(introspect::create))
        .route("/oauth/userinfo", get(userinfo::show).post(userinfo::show))
        .route("/oauth/applications", any(closed))
        .route("/oauth/applications/{*rest}", any(closed))
        .route("/.well-known/oauth-authorization-server", get(metadata::show))
}

/// Doorkeeper's own administration, which Mastodon keeps shut.
async fn closed() -> StatusCode {
    StatusCode::FORBIDDEN
}
