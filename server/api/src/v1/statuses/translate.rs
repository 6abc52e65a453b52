//! Translations, which this server does not offer.

use axum::Router;
use axum::routing::post;
use shared::{ApiResult, App, Auth, Error};

use super::READ;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/translate", post(create))
}

/// As Mastodon answers where no service is set up.
async fn create(auth: Auth) -> ApiResult<()> {
    auth.require_user(&READ)?;
    Err(Error::not_found_plain())
}
