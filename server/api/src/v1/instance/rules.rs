//! The rules of the server.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Rule;
use shared::cache::{self, Cache};
use shared::{ApiResult, App};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/rules", get(list))
}

async fn list(State(app): State<App>) -> ApiResult<(Cache, Json<Vec<Rule>>)> {
    let rules = Rule::load_all(&mut *app.db.acquire().await?).await?;
    Ok((cache::for_everyone(&app), Json(rules)))
}
