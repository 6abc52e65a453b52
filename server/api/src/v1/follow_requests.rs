//! Accounts that wait to be let in as followers.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection};
use entities::{Account, Relationship, Shared};
use http::Uri;
use services::follow_requests;
use shared::{ApiResult, App, Auth, ById, Links, Params};

use super::accounts::answer;
use crate::account_list::{self, DEFAULT_LIMIT, Entry, MAX_LIMIT};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/follow_requests", get(list))
        .route("/api/v1/follow_requests/{id}/authorize", post(authorize))
        .route("/api/v1/follow_requests/{id}/reject", post(reject))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<Shared<Account>>>)> {
    let viewer = auth.require_user(&["follow", "read", "read:follows"])?.account_id;
    let bounds = page.page_since(DEFAULT_LIMIT, MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    let entries = entries(&mut conn, viewer, bounds).await?;
    let links = account_list::links(&app, &uri, &page, &entries, bounds.limit);
    let accounts = Account::load_many(&mut conn, &app.urls, Some(viewer), &account_list::ids(&entries)).await?;
    Ok((links, Json(accounts)))
}

async fn entries(conn: &mut PgConnection, viewer: AccountId, page: Page) -> ApiResult<Vec<Entry>> {
    let entries = sqlx::query_as!(
        Entry,
        r#"
        SELECT r.id AS cursor, a.id AS account_id
        FROM follow_requests r JOIN accounts a ON a.id = r.account_id AND a.suspended_at IS NULL
        WHERE r.target_account_id = $1 AND r.id < $2 AND r.id > $3
        ORDER BY r.id DESC LIMIT $4
        "#,
        viewer,
        page.below,
        page.above,
        page.limit
    )
    .fetch_all(conn)
    .await?;
    Ok(entries)
}

const WRITE: [&str; 3] = ["follow", "write", "write:follows"];

async fn authorize(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    follow_requests::authorize(&mut tx, &app.renderer, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}

async fn reject(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    follow_requests::reject(&mut tx, &app.renderer, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}
