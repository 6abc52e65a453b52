//! Voting.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::Poll;
use kv::activity::{self, Counter};
use serde::Deserialize;
use services::vote::{visible_poll, vote};
use shared::{ApiResult, App, Auth, Error, OneOrMany, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/polls/{id}/votes", post(create))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    id: i64,
    choices: OneOrMany<i64>,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<Poll>> {
    let account = auth.require_user(&["write", "write:statuses"])?.account_id;
    let mut tx = app.db.begin().await?;
    if params.choices.0.is_empty() {
        visible_poll(&mut tx, Some(account), params.id).await?;
        return Err(Error::missing_param("choices"));
    }
    vote(&mut tx, &app.config, account, params.id, &params.choices.0).await?;
    let poll = Poll::load(&mut tx, &app.urls, Some(account), params.id).await?.ok_or_else(Error::not_found_plain)?;
    tx.commit().await?;
    if let Err(error) = activity::increment(&app.kv, Counter::Interactions, app.clock.now()).await {
        tracing::warn!(%error, "a vote was not counted");
    }
    Ok(Json(poll))
}
