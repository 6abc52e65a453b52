//! All senders of a group.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PageParams};
use entities::Account;
use http::Uri;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Links, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/notifications/{group_key}/accounts", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    group_key: String,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<List>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let page = page.page_since(40, 80);
    let mut conn = app.db.acquire().await?;
    let rows = sqlx::query!(
        r#"
        SELECT n.id, n.from_account_id FROM notifications n
        WHERE n.account_id = $1 AND n.group_key = $2 AND n.id < $3 AND n.id > $4
        ORDER BY n.id DESC LIMIT $5
        "#,
        account,
        params.group_key,
        page.below,
        page.above,
        page.limit
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut links = Links::new(&app, &uri, params.raw());
    if let Some(last) = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(page.limit)) {
        links = links.next(last.id);
    }
    // Recorded: this list knows no `min_id`, yet its link says so.
    if let Some(first) = rows.first() {
        links = links.prev(first.id);
    }
    let ids: Vec<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
    let accounts = Account::load_many(&mut conn, &app.urls, Some(account), &ids).await?;
    Ok((links, Json(accounts)).into_response())
}
