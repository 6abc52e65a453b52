//! Who follows an account.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection};
use entities::{Account, Shared};
use http::Uri;
use shared::{ApiResult, App, Auth, ById, Error, Links, Params, cache};

use super::READ;
use crate::account_list::{self, DEFAULT_LIMIT, Entry, MAX_LIMIT};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/followers", get(list))
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

/// Whether the account lets the viewer see whom it follows and who follows it.
///
/// # Errors
/// 404 if there is no such account.
pub(super) async fn shows_relations(conn: &mut PgConnection, id: AccountId, viewer: Option<AccountId>) -> ApiResult<bool> {
    let shows = sqlx::query_scalar!(
        r#"
        SELECT (suspended_at IS NULL AND (hide_collections IS NOT TRUE OR id IS NOT DISTINCT FROM $2)
          AND NOT EXISTS (SELECT FROM blocks b WHERE b.account_id = a.id AND b.target_account_id = $2)) AS "shows!"
        FROM accounts a WHERE id = $1
        "#,
        id,
        viewer
    )
    .fetch_optional(conn)
    .await?;
    shows.ok_or_else(Error::not_found)
}

async fn entries(conn: &mut PgConnection, id: AccountId, viewer: Option<AccountId>, page: Page) -> ApiResult<Vec<Entry>> {
    let entries = sqlx::query_as!(
        Entry,
        r#"
        SELECT f.id AS cursor, f.account_id
        FROM follows f JOIN accounts a ON a.id = f.account_id AND a.suspended_at IS NULL
        WHERE f.target_account_id = $1 AND f.id < $2 AND f.id > $3
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
