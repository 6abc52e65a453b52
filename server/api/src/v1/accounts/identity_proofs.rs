//! A service that Mastodon no longer has: always empty.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use shared::{ApiResult, App, Auth, ById, Params};

use super::require_account;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/identity_proofs", get(list))
}

async fn list(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Vec<Value>>> {
    auth.require_signed_in()?;
    require_account(&mut *app.db.acquire().await?, params.id).await?;
    Ok(Json(Vec::new()))
}
