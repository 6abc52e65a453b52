//! The privacy policy.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use shared::cache::{self, Cache};
use shared::{ApiResult, App};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/privacy_policy", get(show))
}

#[derive(Debug, Serialize)]
struct PrivacyPolicy {
    updated_at: Option<String>,
    content: String,
}

async fn show(State(app): State<App>) -> ApiResult<(Cache, Json<PrivacyPolicy>)> {
    let policy = shared::PrivacyPolicy::load(&mut *app.db.acquire().await?, &app).await?;
    Ok((cache::for_everyone(&app), Json(PrivacyPolicy { updated_at: policy.updated_at, content: policy.html })))
}
