//! Accounts that one blocks.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection};
use entities::{Account, Shared};
use http::Uri;
use shared::{ApiResult, App, Auth, Links, Params};

use crate::account_list::{self, DEFAULT_LIMIT, Entry, MAX_LIMIT};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/blocks", get(list))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<Shared<Account>>>)> {
    let viewer = auth.require_user(&["follow", "read", "read:blocks"])?.account_id;
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
        FROM blocks r JOIN accounts a ON a.id = r.target_account_id AND a.suspended_at IS NULL
        WHERE r.account_id = $1 AND r.id < $2 AND r.id > $3
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
