//! The list of accounts, filtered by named values.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::PageParams;
use entities::AdminAccount;
use http::Uri;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, IdParam, Links, OneOrMany, Params, Permission};

use crate::v1::admin::accounts::{AccountFilter, DEFAULT_LIMIT, MAX_LIMIT, READ, Texts, listed};

const KEPT: [&str; 11] = [
    "limit",
    "origin",
    "status",
    "permissions",
    "role_ids",
    "invited_by",
    "username",
    "by_domain",
    "display_name",
    "email",
    "ip",
];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/admin/accounts", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    origin: String,
    status: String,
    permissions: String,
    role_ids: Option<OneOrMany<i64>>,
    invited_by: IdParam,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<List>,
    texts: Params<Texts>,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminAccount>>)> {
    let viewer = auth.require_permission(&READ, Permission::ManageUsers)?.account_id;
    let filter = AccountFilter {
        origin: params.origin.trim().to_owned(),
        status: params.status.trim().to_owned(),
        staff: params.permissions == "staff",
        role_ids: params.role_ids.as_ref().map(|ids| ids.0.clone()).unwrap_or_default(),
        invited_by: params.invited_by.get(),
        texts: Texts::clone(&texts),
    };
    let links = Links::keeping(&app, &uri, params.raw(), &KEPT);
    listed(&app, viewer, &filter, page.page(DEFAULT_LIMIT, MAX_LIMIT), links).await
}
