//! Pinning to the profile, and taking the pin off.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::Status;
use services::pin;
use shared::{ApiResult, App, Auth, ById, Params};

use super::{answer, no_longer_saved, user_who_sees};

const SCOPES: [&str; 2] = ["write", "write:accounts"];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/pin", post(create)).route("/api/v1/statuses/{id}/unpin", post(delete))
}

async fn create(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>> {
    let account = user_who_sees(&app, &auth, params.id, &SCOPES).await?;
    let mut tx = app.db.begin().await?;
    pin::pin(&mut tx, app.urls.uris(), account, params.id).await?;
    answer(&app, tx, account, params.id).await
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>> {
    let account = user_who_sees(&app, &auth, params.id, &SCOPES).await?;
    let mut tx = app.db.begin().await?;
    pin::unpin(&mut tx, app.urls.uris(), account, params.id).await?;
    let status = answer(&app, tx, account, params.id).await?;
    no_longer_saved(&app, account, params.id).await;
    Ok(status)
}
