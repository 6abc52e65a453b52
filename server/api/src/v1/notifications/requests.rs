//! Senders whose notifications are kept back until the viewer decides.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{AccountId, PageParams, PgConnection};
use entities::NotificationRequest;
use http::Uri;
use jobs::feed::UnfilterNotifications;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ApiResult, App, Auth, ById, Error, IdParam, Links, OneOrMany, Params};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/notifications/requests", get(list))
        .route("/api/v1/notifications/requests/accept", post(accept_many))
        .route("/api/v1/notifications/requests/dismiss", post(dismiss_many))
        .route("/api/v1/notifications/requests/merged", get(merged))
        .route("/api/v1/notifications/requests/{id}", get(show))
        .route("/api/v1/notifications/requests/{id}/accept", post(accept))
        .route("/api/v1/notifications/requests/{id}/dismiss", post(dismiss))
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, params: Params<PageParams>) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let page = params.page(40, 80);
    let mut conn = app.db.acquire().await?;
    let mut ids = sqlx::query_scalar!(
        r#"
        SELECT r.id FROM notification_requests r
        JOIN accounts sender ON sender.id = r.from_account_id AND sender.suspended_at IS NULL
        WHERE r.account_id = $1 AND r.id < $2 AND r.id > $3
        ORDER BY CASE WHEN $4 THEN r.id END ASC, r.id DESC
        LIMIT $5
        "#,
        account,
        page.below,
        page.above,
        page.ascending,
        page.limit
    )
    .fetch_all(&mut *conn)
    .await?;
    page.arrange(&mut ids);
    let mut links = Links::new(&app, &uri, params.raw());
    if let Some(last) = ids.last().filter(|_| i64::try_from(ids.len()) == Ok(page.limit)) {
        links = links.next(last);
    }
    if let Some(first) = ids.first() {
        links = links.prev(first);
    }
    let requests = NotificationRequest::load_many(&mut conn, &app.urls, account, &ids).await?;
    Ok((links, Json(requests)).into_response())
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<NotificationRequest>> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let found = NotificationRequest::load_many(&mut conn, &app.urls, account, &[params.id]).await?;
    Ok(Json(found.into_iter().next().ok_or_else(Error::not_found)?))
}

/// Whether all that was accepted has become visible. Nobody waits while Redis is away.
async fn merged(State(app): State<App>, auth: Auth) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let waiting = kv::notification::unfilter_jobs(&app.kv, account).await.unwrap_or_default();
    Ok(Json(json!({ "merged": waiting == 0 })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Many {
    id: OneOrMany<IdParam>,
}

impl Many {
    fn ids(&self) -> Vec<i64> {
        self.id.0.iter().filter_map(|id| id.get()).collect()
    }
}

async fn accept(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    match accept_requests(&app, account, &[params.id]).await? {
        0 => Err(Error::not_found()),
        _ => Ok(Json(json!({}))),
    }
}

async fn accept_many(State(app): State<App>, auth: Auth, params: Params<Many>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    accept_requests(&app, account, &params.ids()).await?;
    Ok(Json(json!({})))
}

async fn dismiss(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    match dismiss_requests(&mut *app.db.acquire().await?, account, &[params.id]).await? {
        0 => Err(Error::not_found()),
        _ => Ok(Json(json!({}))),
    }
}

async fn dismiss_many(State(app): State<App>, auth: Auth, params: Params<Many>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    dismiss_requests(&mut *app.db.acquire().await?, account, &params.ids()).await?;
    Ok(Json(json!({})))
}

/// From now on the senders are let through; the worker makes visible what they sent so far. Answers how many there were.
async fn accept_requests(app: &App, account: AccountId, ids: &[i64]) -> ApiResult<usize> {
    let mut tx = app.db.begin().await?;
    let senders = sqlx::query_scalar!(
        "DELETE FROM notification_requests WHERE account_id = $1 AND id = ANY($2) RETURNING from_account_id",
        account,
        ids
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO notification_permissions (account_id, from_account_id, created_at, updated_at)
        SELECT $1, sender.id, $3, $3 FROM unnest($2::bigint[]) AS sender (id)
        WHERE NOT EXISTS (SELECT 1 FROM notification_permissions p WHERE p.account_id = $1 AND p.from_account_id = sender.id)
        "#,
        account,
        &senders,
        app.clock.now_naive()
    )
    .execute(&mut *tx)
    .await?;
    let jobs: Vec<UnfilterNotifications> =
        senders.iter().map(|sender| UnfilterNotifications { account_id: account, from_id: *sender }).collect();
    jobs::enqueue_many(&mut tx, &jobs).await.map_err(anyhow::Error::from)?;
    tx.commit().await?;
    let count = i64::try_from(senders.len()).unwrap_or(i64::MAX);
    if let Err(error) = kv::notification::add_unfilter_jobs(&app.kv, account, count).await {
        tracing::warn!(%error, "accepted senders are not counted");
    }
    Ok(senders.len())
}

/// The request goes, and with it what was kept back. Answers how many there were.
async fn dismiss_requests(conn: &mut PgConnection, account: AccountId, ids: &[i64]) -> ApiResult<u64> {
    let gone = sqlx::query!(
        r#"
        WITH gone AS (
            DELETE FROM notification_requests WHERE account_id = $1 AND id = ANY($2) RETURNING from_account_id
        ), cleared AS (
            DELETE FROM notifications n USING gone
            WHERE n.account_id = $1 AND n.from_account_id = gone.from_account_id AND n.filtered
        )
        SELECT from_account_id FROM gone
        "#,
        account,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
}
