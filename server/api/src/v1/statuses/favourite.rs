//! Favouriting, and taking it back.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::Status;
use kv::activity::Counter;
use kv::trend::{self, Candidate};
use services::favourite;
use shared::{ApiResult, App, Auth, ById, Params};

use super::{answer, count, no_longer_saved, user_who_sees};

const SCOPES: [&str; 2] = ["write", "write:favourites"];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/favourite", post(create)).route("/api/v1/statuses/{id}/unfavourite", post(delete))
}

async fn create(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>> {
    let account = user_who_sees(&app, &auth, params.id, &SCOPES).await?;
    let mut tx = app.db.begin().await?;
    let is_new = favourite::favourite(&mut tx, app.urls.uris(), account, params.id).await?;
    let status = answer(&app, tx, account, params.id).await?;
    if is_new {
        count(&app, Counter::Interactions).await;
        propose(&app, &status).await;
    }
    Ok(status)
}

/// What people like may trend.
async fn propose(app: &App, status: &Status) {
    let status = status.reblog.as_deref().unwrap_or(status);
    if status.visibility != "public" {
        return;
    }
    if let Err(error) = trend::add_candidates(&app.kv, Candidate::Status, &[status.id.0], app.clock.now()).await {
        tracing::warn!(%error, "a favourite was not counted for trends");
    }
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>> {
    let account = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    favourite::unfavourite(&mut tx, app.urls.uris(), account, params.id).await?;
    let status = answer(&app, tx, account, params.id).await?;
    no_longer_saved(&app, account, params.id).await;
    Ok(status)
}
