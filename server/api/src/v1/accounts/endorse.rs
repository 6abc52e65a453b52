//! Showing an account on one's own profile. `pin` is the old name.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::Relationship;
use services::endorse;
use shared::{ApiResult, App, Auth, ById, Params};

use super::{answer, require_account};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts/{id}/endorse", post(endorse))
        .route("/api/v1/accounts/{id}/pin", post(endorse))
        .route("/api/v1/accounts/{id}/unendorse", post(unendorse))
        .route("/api/v1/accounts/{id}/unpin", post(unendorse))
}

const SCOPES: [&str; 2] = ["write", "write:accounts"];

async fn endorse(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_account(&mut tx, params.id).await?;
    endorse::endorse(&mut tx, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}

async fn unendorse(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_account(&mut tx, params.id).await?;
    endorse::unendorse(&mut tx, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}
