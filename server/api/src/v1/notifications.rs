//! What happened to the viewer, one by one.

mod policy;
mod requests;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use db::notifications::{self, Browse};
use db::{AccountId, PageParams, PgConnection, UserId};
use entities::Notification;
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ApiResult, App, Auth, ById, Error, IdParam, Links, OneOrMany, Params};

const DEFAULT_LIMIT: i64 = 40;
const MAX_LIMIT: i64 = 80;
const DEFAULT_COUNT: i64 = 100;
const MAX_COUNT: i64 = 1000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/notifications", get(list))
        .route("/api/v1/notifications/clear", post(clear))
        .route("/api/v1/notifications/unread_count", get(unread_count))
        .route("/api/v1/notifications/{id}", get(show))
        .route("/api/v1/notifications/{id}/dismiss", post(dismiss))
        .merge(policy::routes())
        .merge(requests::routes())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    types: OneOrMany<String>,
    exclude_types: OneOrMany<String>,
    account_id: IdParam,
    include_filtered: bool,
}

impl List {
    fn browse(&self) -> Browse {
        Browse::new(&self.types.0, &self.exclude_types.0, self.include_filtered, self.account_id.get())
    }
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<List>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let page = page.page(DEFAULT_LIMIT, MAX_LIMIT);
    let ids = notifications::page(&mut conn, account, &params.browse(), &page).await?;
    let shown = Notification::load_many(&mut conn, &app.urls, account, &ids).await?;
    let kept = ["limit", "account_id", "types", "exclude_types", "include_filtered", "supported_types"];
    let mut links = Links::keeping(&app, &uri, params.raw(), &kept);
    if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
        links = links.next(last).prev(first);
    }
    Ok((links, Json(shown)).into_response())
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Notification>> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let id = sqlx::query_scalar!(
        r#"
        SELECT n.id FROM notifications n JOIN accounts sender ON sender.id = n.from_account_id AND sender.suspended_at IS NULL
        WHERE n.id = $1 AND n.account_id = $2
        "#,
        params.id,
        account
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or_else(Error::not_found)?;
    let shown = Notification::load_many(&mut conn, &app.urls, account, &[id]).await?;
    Ok(Json(shown.into_iter().next().ok_or_else(Error::not_found)?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Count {
    limit: Option<i64>,
}

/// A limit for a count: as for pages, but larger.
pub(crate) fn count_limit(limit: Option<i64>) -> i64 {
    limit.map_or(DEFAULT_COUNT, |limit| limit.saturating_abs().min(MAX_COUNT))
}

async fn unread_count(State(app): State<App>, auth: Auth, params: Params<List>, count: Params<Count>) -> ApiResult<Json<Value>> {
    let user = auth.require_user(&["read", "read:notifications"])?;
    let mut conn = app.db.acquire().await?;
    let last_read = last_read(&mut conn, user.id).await?;
    let limit = count_limit(count.limit);
    let count = notifications::count_above(&mut conn, user.account_id, &params.browse(), last_read, limit).await?;
    Ok(Json(json!({ "count": count })))
}

/// How far the viewer has read their notifications; nothing is below the smallest id.
pub(crate) async fn last_read(conn: &mut PgConnection, user: UserId) -> ApiResult<i64> {
    let marker = sqlx::query_scalar!("SELECT last_read_id FROM markers WHERE user_id = $1 AND timeline = 'notifications'", user)
        .fetch_optional(conn)
        .await?;
    Ok(marker.unwrap_or(i64::MIN))
}

async fn clear(State(app): State<App>, auth: Auth) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    delete_all(&mut *app.db.acquire().await?, account).await?;
    Ok(Json(json!({})))
}

pub(crate) async fn delete_all(conn: &mut PgConnection, account: AccountId) -> ApiResult<()> {
    sqlx::query!("DELETE FROM notifications WHERE account_id = $1", account).execute(conn).await?;
    Ok(())
}

async fn dismiss(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    let gone = sqlx::query!("DELETE FROM notifications WHERE id = $1 AND account_id = $2", params.id, account)
        .execute(&mut *app.db.acquire().await?)
        .await?;
    if gone.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    Ok(Json(json!({})))
}
