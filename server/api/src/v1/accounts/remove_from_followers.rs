//! Ending that somebody follows.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::Relationship;
use services::follow;
use shared::{ApiResult, App, Auth, ById, Params};

use super::follow::SCOPES;
use super::{answer, require_reachable};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/remove_from_followers", post(remove))
}

async fn remove(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_reachable(&mut tx, params.id).await?;
    follow::remove_from_followers(&mut tx, &app.renderer, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}
