//! Translations, which this server does not offer.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use shared::{ApiResult, App, Auth, ById, Error, Params};

use super::{READ, user_who_sees};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/translate", post(create))
}

/// As Mastodon answers where no service is set up.
async fn create(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<()> {
    user_who_sees(&app, &auth, params.id, &READ).await?;
    Err(Error::not_found_plain())
}
