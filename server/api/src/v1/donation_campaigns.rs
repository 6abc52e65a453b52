//! Campaigns that ask for donations to the makers of Mastodon; this program takes part in none.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use shared::{ApiResult, App, Auth};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/donation_campaigns", get(show))
}

async fn show(auth: Auth) -> ApiResult<StatusCode> {
    auth.require_signed_in()?;
    Ok(StatusCode::NO_CONTENT)
}
