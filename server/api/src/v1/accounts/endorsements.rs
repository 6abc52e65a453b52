//! Accounts that an account shows on its profile.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::PageParams;
use entities::{Account, Shared};
use http::Uri;
use shared::{ApiResult, App, Auth, ById, Links, Params, cache};

use super::{READ, require_account};
use crate::account_list::{self, DEFAULT_LIMIT, MAX_LIMIT};
use crate::v1::endorsements::entries;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/endorsements", get(list))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<ById>,
    page: Params<PageParams>,
) -> ApiResult<(cache::Cache, Links, Json<Vec<Shared<Account>>>)> {
    auth.optional(&READ)?;
    let bounds = page.page_since(DEFAULT_LIMIT, MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    require_account(&mut conn, params.id).await?;
    let entries = entries(&mut conn, params.id, bounds).await?;
    let links = account_list::links(&app, &uri, &page, &entries, bounds.limit);
    let accounts = Account::load_many(&mut conn, &app.urls, auth.account_id(), &account_list::ids(&entries)).await?;
    Ok((cache::for_visitors(&app, &auth), links, Json(accounts)))
}
