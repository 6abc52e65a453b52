//! Blocking an account and taking it back.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::Relationship;
use services::block;
use shared::{ApiResult, App, Auth, ById, Params};

use super::{answer, require_reachable};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/block", post(block)).route("/api/v1/accounts/{id}/unblock", post(unblock))
}

const SCOPES: [&str; 3] = ["follow", "write", "write:blocks"];

async fn block(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_reachable(&mut tx, params.id).await?;
    block::block(&mut tx, &app.renderer, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}

async fn unblock(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_reachable(&mut tx, params.id).await?;
    block::unblock(&mut tx, &app.renderer, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}
