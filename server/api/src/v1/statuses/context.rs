//! The thread around a status.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection, StatusId};
use entities::{Context, Status};
use http::{HeaderName, HeaderValue};
use kv::async_refresh;
use kv::key::context_refresh;
use services::thread;
use shared::{ApiResult, App, Auth, ById, Params, async_refresh_header, cache};

use super::READ;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/context", get(show))
}

type RefreshHeader = [(HeaderName, HeaderValue); 1];

/// Seconds after which a client should ask how far the fetching of the thread is.
const RETRY: u32 = 3;

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Response> {
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
    let answer = (cache::for_visitors(&app, &auth), Json(Context { ancestors, descendants }));
    Ok(match refresh(&app, &mut conn, viewer, params.id).await? {
        Some(header) => (header, answer).into_response(),
        None => answer.into_response(),
    })
}

/// Other servers may have more of the thread. Whoever is signed in has it looked for, and everybody learns that this goes on.
async fn refresh(
    app: &App,
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    id: StatusId,
) -> ApiResult<Option<RefreshHeader>> {
    let key = context_refresh(id);
    let marker = async_refresh::show(&app.kv, &key).await.ok().flatten();
    if let Some(running) = marker.filter(|marker| marker.running) {
        return Ok(Some(async_refresh_header(app, &key, RETRY, running.result_count)));
    }
    if viewer.is_none() || !inbox::refresh_thread(conn, &app.kv, id, app.clock.now_naive()).await.map_err(anyhow::Error::from)? {
        return Ok(None);
    }
    Ok(Some(async_refresh_header(app, &key, RETRY, Some(0))))
}
