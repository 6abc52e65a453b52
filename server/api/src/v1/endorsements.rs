//! Accounts that one shows on one's own profile.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection};
use entities::{Account, Shared};
use http::Uri;
use shared::{ApiResult, App, Auth, Links, Params};

use crate::account_list::{self, DEFAULT_LIMIT, Entry, MAX_LIMIT};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/endorsements", get(list))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<Shared<Account>>>)> {
    let viewer = auth.require_user(&["read", "read:accounts"])?.account_id;
    let mut bounds = page.page_since(DEFAULT_LIMIT, MAX_LIMIT);
    // Zero asks for all of them, on one page.
    let all = bounds.limit == 0;
    if all {
        bounds = Page { limit: i64::MAX, below: i64::MAX, above: i64::MIN, ascending: false };
    }
    let mut conn = app.db.acquire().await?;
    let entries = entries(&mut conn, viewer, bounds).await?;
    let linked = if all { &[] } else { entries.as_slice() };
    let links = account_list::links(&app, &uri, &page, linked, bounds.limit);
    let accounts = Account::load_many(&mut conn, &app.urls, Some(viewer), &account_list::ids(&entries)).await?;
    Ok((links, Json(accounts)))
}

/// In the order of the accounts shown; their ids are the cursors.
pub(super) async fn entries(conn: &mut PgConnection, owner: AccountId, page: Page) -> ApiResult<Vec<Entry>> {
    let entries = sqlx::query_as!(
        Entry,
        r#"
        SELECT a.id AS cursor, a.id AS account_id
        FROM account_pins p JOIN accounts a ON a.id = p.target_account_id AND a.suspended_at IS NULL
        WHERE p.account_id = $1 AND a.id < $2 AND a.id > $3
        ORDER BY a.id DESC LIMIT $4
        "#,
        owner,
        page.below,
        page.above,
        page.limit
    )
    .fetch_all(conn)
    .await?;
    Ok(entries)
}
