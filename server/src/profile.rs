//! `/@alice` and `/@alice/1`: one address for people and for servers. The form asked for decides who answers.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use shared::{ApiResult, App};

pub(crate) async fn account(State(app): State<App>, Path(acct): Path<String>, headers: HeaderMap) -> ApiResult<Response> {
    if let Some(username) = acct.strip_suffix(".json") {
        return federation::show_actor(&app, username, headers).await;
    }
    if federation::wants_activity(&headers) && !acct.contains('@') {
        return federation::show_actor(&app, &acct, headers).await;
    }
    pages::profile::show(&app, &acct, &headers).await
}

pub(crate) async fn status(
    State(app): State<App>,
    Path((acct, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    if federation::wants_activity(&headers) && !acct.contains('@') {
        return federation::show_status(&app, &acct, &id, headers).await;
    }
    pages::status::show(&app, &acct, &id, &headers).await
}
