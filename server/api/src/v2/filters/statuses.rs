//! Statuses of a filter, one by one.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::{Filter, FilterStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use services::custom_filter;
use shared::{ApiResult, App, Auth, ById, Error, IdParam, Params};

use super::tell_streams;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/filters/{id}/statuses", get(list).post(create))
        .route("/api/v2/filters/statuses/{id}", get(show).delete(delete))
}

async fn list(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Vec<FilterStatus>>> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    let filter = super::load(&mut *app.db.acquire().await?, account, params.id).await?;
    Ok(Json(filter.statuses.unwrap_or_default()))
}

async fn load(conn: &mut PgConnection, account: AccountId, id: i64) -> ApiResult<FilterStatus> {
    let filters = Filter::load_all(conn, account).await?;
    let mut statuses = filters.into_iter().flat_map(|filter| filter.statuses.unwrap_or_default());
    statuses.find(|status| status.id.0 == id).ok_or_else(Error::not_found)
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<FilterStatus>> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    Ok(Json(load(&mut *app.db.acquire().await?, account, params.id).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    id: i64,
    status_id: IdParam,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<FilterStatus>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    let mut tx = app.db.begin().await?;
    custom_filter::check_owner(&mut tx, account, params.id).await?;
    let status = params.status_id.get().unwrap_or_default();
    let id = custom_filter::add_status(&mut tx, account, params.id, status, app.clock.now_naive()).await?;
    let status = load(&mut tx, account, id).await?;
    tx.commit().await?;
    tell_streams(&app, account).await;
    Ok(Json(status))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    custom_filter::remove_status(&mut *app.db.acquire().await?, account, params.id).await?;
    tell_streams(&app, account).await;
    Ok(Json(json!({})))
}
