//! What the server says about itself, and the limits that clients must know.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Instance;
use shared::cache::{self, Cache};
use shared::{ApiResult, App, assets};

use crate::v1::instance::facts;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/instance", get(show))
}

async fn show(State(app): State<App>) -> ApiResult<(Cache, Json<Instance>)> {
    let facts = facts(&app).await?;
    let images = assets::default_images(&app.urls);
    // Without `SOURCE_BASE_URL` the page about the server is the place where the source is offered.
    let source = app.config.federation.source_base_url.clone().unwrap_or_else(|| format!("{}/about", app.urls.base()));
    Ok((cache::for_everyone(&app), Json(Instance::new(&facts, &app.config, &app.urls, &images, &source))))
}
