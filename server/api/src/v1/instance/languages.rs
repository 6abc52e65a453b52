//! Languages that posts may be in.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use shared::App;
use shared::cache::{self, Cache};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/languages", get(list))
}

#[derive(Debug, Serialize)]
struct Language {
    code: &'static str,
    name: &'static str,
}

async fn list(State(app): State<App>) -> (Cache, Json<Vec<Language>>) {
    let languages = text::language::SUPPORTED.iter().map(|(code, name)| Language { code, name }).collect();
    (cache::for_everyone(&app), Json(languages))
}
