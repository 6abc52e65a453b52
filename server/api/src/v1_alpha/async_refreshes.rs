//! How far work is that a client waits for.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use kv::async_refresh;
use serde::Serialize;
use shared::{ApiResult, App, Auth, Error, async_refresh_key};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1_alpha/async_refreshes/{id}", get(show))
}

#[derive(Debug, Serialize)]
struct Answer {
    async_refresh: Progress,
}

#[derive(Debug, Serialize)]
struct Progress {
    id: String,
    status: &'static str,
    result_count: Option<i64>,
}

async fn show(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> ApiResult<Json<Answer>> {
    auth.require_user(&["read"])?;
    let key = async_refresh_key(&app, &id).ok_or(Error::not_found_plain())?;
    let marker = async_refresh::show(&app.kv, &key).await.map_err(anyhow::Error::from)?.ok_or(Error::not_found_plain())?;
    let status = if marker.running { "running" } else { "finished" };
    Ok(Json(Answer { async_refresh: Progress { id, status, result_count: marker.result_count } }))
}
