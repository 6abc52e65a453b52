//! Which languages can be translated into which. No service for translations is connected, so there are none.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use shared::App;
use shared::cache::{self, Cache};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/translation_languages", get(show))
}

async fn show(State(app): State<App>) -> (Cache, Json<BTreeMap<String, Vec<String>>>) {
    (cache::for_everyone(&app), Json(BTreeMap::new()))
}
