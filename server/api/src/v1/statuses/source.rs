//! What the author typed.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::StatusSource;
use shared::{ApiResult, App, Auth, ById, Error, Params};

use super::{READ, require_visible};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/source", get(show))
}

/// For everybody who sees the status and has a token.
async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<StatusSource>> {
    let mut tx = app.db.begin().await?;
    require_visible(&mut tx, auth.account_id(), params.id).await?;
    auth.require_token(&READ)?;
    Ok(Json(StatusSource::load(&mut tx, params.id).await?.ok_or_else(Error::not_found_plain)?))
}
