//! The thread around a status.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::{Context, Status};
use services::thread;
use shared::{ApiResult, App, Auth, ById, Params, cache};

use super::READ;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/context", get(show))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<(cache::Cache, Json<Context>)> {
    auth.optional(&READ)?;
    let viewer = auth.account_id();
    let mut conn = app.db.acquire().await?;
    let thread = thread::around(&mut conn, &app.ancestors, viewer, params.id).await?;
    let before = thread.ancestors.len();
    let ids = [thread.ancestors, thread.descendants].concat();
    let statuses = Status::load_many(&mut conn, &app.urls, viewer, &ids).await?;
    // One that vanished meanwhile must not move the border between both halves.
    let first: std::collections::HashSet<i64> = ids.iter().take(before).copied().collect();
    let (ancestors, descendants) = statuses.into_iter().partition(|status| first.contains(&status.id.0));
    Ok((cache::for_visitors(&app, &auth), Json(Context { ancestors, descendants })))
}
