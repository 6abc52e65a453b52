//! Boosting, and taking it back.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use db::AccountId;
use entities::Status;
use kv::rate_limit::Family;
use serde::Deserialize;
use services::reblog;
use shared::{ApiResult, App, Auth, ById, Params};

use super::{WRITE, answer};
use crate::budget::Budget;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/reblog", post(create)).route("/api/v1/statuses/{id}/unreblog", post(delete))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    id: i64,
    visibility: Option<String>,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Response> {
    let account = auth.require_user(&WRITE)?.account_id;
    let budget = Budget::take(&app, account, Family::Statuses).await?;
    let boosted = boost(&app, account, &params).await;
    if !boosted.as_ref().is_ok_and(|(_, is_new)| *is_new) {
        budget.give_back(&app).await;
    }
    Ok((budget.limit(), boosted?.0).into_response())
}

/// The boost, and whether it is new.
async fn boost(app: &App, account: AccountId, params: &Create) -> ApiResult<(Json<Status>, bool)> {
    let mut tx = app.db.begin().await?;
    let boost = reblog::reblog(&mut tx, &app.config, account, params.id, params.visibility.as_deref()).await?;
    Ok((answer(app, tx, account, boost.id).await?, boost.is_new))
}

/// Answers the status that was boosted.
async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>> {
    let account = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    reblog::unreblog(&mut tx, account, params.id).await?;
    answer(&app, tx, account, params.id).await
}
