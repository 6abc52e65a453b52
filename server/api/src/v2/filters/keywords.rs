//! Keywords of a filter, one by one.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::{Filter, FilterKeyword};
use serde::Deserialize;
use serde_json::{Value, json};
use services::custom_filter;
use shared::{ApiResult, App, Auth, ById, Error, Flag, Params};

use super::tell_streams;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/filters/{id}/keywords", get(list).post(create))
        .route("/api/v2/filters/keywords/{id}", get(show).put(update).patch(update).delete(delete))
}

async fn list(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Vec<FilterKeyword>>> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    let filter = super::load(&mut *app.db.acquire().await?, account, params.id).await?;
    Ok(Json(filter.keywords.unwrap_or_default()))
}

async fn load(conn: &mut PgConnection, account: AccountId, id: i64) -> ApiResult<FilterKeyword> {
    let filters = Filter::load_all(conn, account).await?;
    let mut keywords = filters.into_iter().flat_map(|filter| filter.keywords.unwrap_or_default());
    keywords.find(|keyword| keyword.id.0 == id).ok_or_else(Error::not_found)
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<FilterKeyword>> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    Ok(Json(load(&mut *app.db.acquire().await?, account, params.id).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Write {
    id: i64,
    keyword: Option<String>,
    whole_word: Flag,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<FilterKeyword>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    let mut tx = app.db.begin().await?;
    custom_filter::check_owner(&mut tx, account, params.id).await?;
    let keyword = params.keyword.as_deref().unwrap_or_default();
    let now = app.clock.now_naive();
    let id = custom_filter::create_keyword(&mut tx, params.id, keyword, params.whole_word.given(), now).await?;
    let keyword = load(&mut tx, account, id).await?;
    tx.commit().await?;
    tell_streams(&app, account).await;
    Ok(Json(keyword))
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<FilterKeyword>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    let mut tx = app.db.begin().await?;
    let (keyword, whole_word) = (params.keyword.as_deref(), params.whole_word.given());
    custom_filter::update_keyword(&mut tx, account, params.id, keyword, whole_word, app.clock.now_naive()).await?;
    let keyword = load(&mut tx, account, params.id).await?;
    tx.commit().await?;
    tell_streams(&app, account).await;
    Ok(Json(keyword))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    custom_filter::delete_keyword(&mut *app.db.acquire().await?, account, params.id).await?;
    tell_streams(&app, account).await;
    Ok(Json(json!({})))
}
