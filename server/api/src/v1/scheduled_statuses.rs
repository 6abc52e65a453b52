//! Statuses that wait for their time.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use db::{Page, PageParams};
use entities::ScheduledStatus;
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use services::schedule_status::{reschedule, unschedule};
use shared::{ApiResult, App, Auth, ById, Error, Links, Params};

use super::statuses::time;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/scheduled_statuses", get(list))
        .route("/api/v1/scheduled_statuses/{id}", get(show).put(update).patch(update).delete(delete))
}

const READ: [&str; 2] = ["read", "read:statuses"];
const WRITE: [&str; 2] = ["write", "write:statuses"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    id: i64,
    scheduled_at: Option<String>,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<ScheduledStatus>>)> {
    let account = auth.require_user(&READ)?.account_id;
    let page = params.page(20, 40);
    let mut conn = app.db.acquire().await?;
    let ids = ids(&mut conn, account, page).await?;
    let mut links = Links::new(&app, &uri, params.raw());
    if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
        if i64::try_from(ids.len()).is_ok_and(|length| length == page.limit) {
            links = links.next(last);
        }
        links = links.prev(first);
    }
    Ok((links, Json(ScheduledStatus::load_many(&mut conn, &app.urls, account, &ids).await?)))
}

/// Nobody has more than a few hundred.
async fn ids(conn: &mut PgConnection, account: AccountId, page: Page) -> ApiResult<Vec<i64>> {
    let mut ids = sqlx::query_scalar!(
        r#"
        SELECT id FROM scheduled_statuses
        WHERE account_id = $1 AND id < $2 AND id > $3
        ORDER BY CASE WHEN $5 THEN id END, id DESC
        LIMIT $4
        "#,
        account,
        page.below,
        page.above,
        page.limit,
        page.ascending
    )
    .fetch_all(conn)
    .await?;
    page.arrange(&mut ids);
    Ok(ids)
}

async fn load(app: &App, conn: &mut PgConnection, account: AccountId, id: i64) -> ApiResult<Json<ScheduledStatus>> {
    let found = ScheduledStatus::load_many(conn, &app.urls, account, &[id]).await?.into_iter().next();
    found.map(Json).ok_or_else(Error::not_found)
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<ScheduledStatus>> {
    let account = auth.require_user(&READ)?.account_id;
    load(&app, &mut *app.db.acquire().await?, account, params.id).await
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Json<ScheduledStatus>> {
    let account = auth.require_user(&WRITE)?.account_id;
    let text = params.scheduled_at.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let at = text.map(|text| time(text).ok_or_else(|| Error::unprocessable("Record invalid"))).transpose()?;
    let mut tx = app.db.begin().await?;
    reschedule(&mut tx, &app.config, account, params.id, at).await?;
    let scheduled = load(&app, &mut tx, account, params.id).await?;
    tx.commit().await?;
    Ok(scheduled)
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    unschedule(&mut tx, account, params.id).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
