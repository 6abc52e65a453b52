//! What those post whom the viewer follows.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::PageParams;
use http::{StatusCode, Uri};
use jobs::feed::RegenerateHome;
use kv::async_refresh;
use kv::key::home_regeneration;
use services::feed;
use shared::{ApiResult, App, Auth, Params, async_refresh_header};

/// Seconds after which a client should ask again while the feed is built.
const RETRY: u32 = 5;

pub(super) async fn show(State(app): State<App>, auth: Auth, uri: Uri, params: Params<PageParams>) -> ApiResult<Response> {
    let user = auth.require_user(&["read", "read:statuses"])?;
    let account = user.account_id;
    let mut conn = app.db.acquire().await?;
    let page = feed::home_page(&mut conn, &app.kv, account, &params, app.clock.now_naive()).await?;
    if page.lost {
        // The worker puts into Redis what was found in PostgreSQL: one job at a time, whoever asks.
        jobs::enqueue(&mut conn, &RegenerateHome { account_id: account }).await.map_err(anyhow::Error::from)?;
    }
    let key = home_regeneration(account);
    let refresh = async_refresh::show(&app.kv, &key).await.ok().flatten();
    let statuses = super::statuses(&mut conn, &app, Some(account), &page.ids).await?;
    let links = super::links(&app, &uri, params.raw(), &["local", "limit"], &statuses);
    // What PostgreSQL answers in the meantime is complete: nothing to wait for.
    if refresh.is_some_and(|refresh| refresh.running) && !page.lost {
        let header = async_refresh_header(&app, &key, RETRY, None);
        return Ok((StatusCode::PARTIAL_CONTENT, header, links, Json(statuses)).into_response());
    }
    Ok((links, Json(statuses)).into_response())
}
