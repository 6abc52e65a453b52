//! An account by its handle, among those that this server knows.

use activitypub::webfinger::Handle;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::accounts::find_by_handles;
use entities::{Account, Shared};
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Error, Params, cache};

use super::READ;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/lookup", get(show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lookup {
    acct: String,
}

async fn show(State(app): State<App>, auth: Auth, params: Params<Lookup>) -> ApiResult<(cache::Cache, Json<Shared<Account>>)> {
    auth.optional(&READ)?;
    let acct = params.acct.trim().trim_start_matches('@');
    let handle = Handle::parse(acct).unwrap_or_else(|| Handle { username: acct.to_owned(), domain: String::new() });
    let domain = if app.urls.is_local_domain(&handle.domain) { String::new() } else { handle.domain };
    let mut conn = app.db.acquire().await?;
    let found = find_by_handles(&mut conn, &[handle.username], &[domain]).await?;
    let id = found.first().ok_or_else(Error::not_found)?.id;
    let account = Account::load(&mut conn, &app.urls, auth.account_id(), id).await?.ok_or_else(Error::not_found)?;
    Ok((cache::for_visitors(&app, &auth), Json(account)))
}
