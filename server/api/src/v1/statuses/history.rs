//! All wordings that a status has had.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::StatusEdit;
use shared::{ApiResult, App, Auth, ById, Error, Params, cache};

use super::{READ, require_visible};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/history", get(list))
}

async fn list(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<(cache::Cache, Json<Vec<StatusEdit>>)> {
    auth.optional(&READ)?;
    let viewer = auth.account_id();
    let mut tx = app.db.begin().await?;
    require_visible(&mut tx, viewer, params.id).await?;
    let edits = StatusEdit::load_all(&mut tx, &app.urls, viewer, params.id).await?.ok_or_else(Error::not_found_plain)?;
    Ok((cache::for_visitors(&app, &auth), Json(edits)))
}
