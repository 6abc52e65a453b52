//! Whom an account follows.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection};
use entities::{Account, Shared};
use http::Uri;
use shared::{ApiResult, App, Auth, ById, Links, Params, cache};

use super::READ;
use super::followers::shows_relations;
use crate::account_list::{self, DEFAULT_LIMIT, Entry, MAX_LIMIT};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/following", get(list))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<ById>,
    page: Params<PageParams>,
) -> ApiResult<(cache::Cache, Links, Json<Vec<Shared<Account>>>)> {
    auth.optional(&READ)?;
    let viewer = auth.account_id();
    let bounds = page.page_since(DEFAULT_LIMIT, MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    let entries = if shows_relations(&mut conn, params.id, viewer).await? {
        entries(&mut conn, params.id, viewer, bounds).await?
    } else {
        Vec::new()
    };
    let links = account_list::links(&app, &uri, &page, &entries, bounds.limit);
    let accounts = Account::load_many(&mut conn, &app.urls, viewer, &account_list::ids(&entries)).await?;
    Ok((cache::for_visitors(&app, &auth), links, Json(accounts)))
}

async fn entries(conn: &mut PgConnection, id: AccountId, viewer: Option<AccountId>, page: Page) -> ApiResult<Vec<Entry>> {
    let entries = sqlx::query_as!(
        Entry,
        r#"
        SELECT f.id AS cursor, f.target_account_id AS account_id
        FROM follows f JOIN accounts a ON a.id = f.target_account_id AND a.suspended_at IS NULL
        WHERE f.account_id = $1 AND f.id < $2 AND f.id > $3
          AND ($5::bigint IS NULL OR $5 = $1 OR NOT (
            EXISTS (SELECT FROM blocks b WHERE (b.account_id, b.target_account_id) IN (($5, a.id), (a.id, $5)))
            OR EXISTS (SELECT FROM mutes m WHERE m.account_id = $5 AND m.target_account_id = a.id)))
        ORDER BY f.id DESC LIMIT $4
        "#,
        id,
        page.below,
        page.above,
        page.limit,
        viewer
    )
    .fetch_all(conn)
    .await?;
    Ok(entries)
}
