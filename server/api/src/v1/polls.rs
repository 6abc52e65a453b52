//! Polls, and what became of them.

mod votes;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Poll;
use services::vote::visible_poll;
use shared::{ApiResult, App, Auth, ById, Error, Params, cache};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/polls/{id}", get(show)).merge(votes::routes())
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<(cache::Cache, Json<Poll>)> {
    auth.optional(&["read", "read:statuses"])?;
    let viewer = auth.account_id();
    let mut conn = app.db.acquire().await?;
    visible_poll(&mut conn, viewer, params.id).await?;
    let poll = Poll::load(&mut conn, &app.urls, viewer, params.id).await?.ok_or_else(Error::not_found_plain)?;
    Ok((cache::for_visitors(&app, &auth), Json(poll)))
}
