//! Accounts by parts of their names.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::{Account, Shared};
use serde::Deserialize;
use services::search_accounts::{self, Search};
use shared::{ApiResult, App, Auth, Flag, Params};

use crate::meet;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/search", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    q: String,
    limit: Option<i64>,
    offset: i64,
    resolve: Flag,
    following: Flag,
}

async fn list(State(app): State<App>, auth: Auth, params: Params<Query>) -> ApiResult<Json<Vec<Shared<Account>>>> {
    let viewer = auth.require_user(&["read", "read:accounts"])?.account_id;
    let limit = params.limit.map_or(40, |limit| limit.saturating_abs().min(80));
    let mut search = Search {
        text: params.q.clone(),
        resolved: None,
        viewer: Some(viewer),
        following: params.following.is_true(),
        limit,
        offset: params.offset.max(0),
    };
    if params.resolve.is_true() {
        meet::searched(&app, &mut search).await?;
    }
    let mut conn = app.db.acquire().await?;
    let ids = search_accounts::search_accounts(&mut conn, &search, |domain| app.urls.is_local_domain(domain)).await?;
    Ok(Json(Account::load_many(&mut conn, &app.urls, Some(viewer), &ids).await?))
}
