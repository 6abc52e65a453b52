//! Uploads, answered before films and sounds are converted.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use shared::{ApiResult, App, Auth, Params};

use crate::v1::media::{Create, upload};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/media", post(create))
}

/// 202 while there is no address yet.
async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Response> {
    let entity = upload(&app, &auth, &params, true).await?;
    let status = if entity.url.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(entity)).into_response())
}
