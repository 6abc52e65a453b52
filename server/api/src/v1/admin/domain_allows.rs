//! Servers that are let in where only allowed ones are.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{PageParams, PgConnection};
use entities::AdminDomainAllow;
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use services::moderate_domain;
use shared::{ApiResult, App, Auth, ById, Error, Links, Params, Permission};

use super::{DEFAULT_LIMIT, links};

const READ: [&str; 2] = ["admin:read", "admin:read:domain_allows"];
const WRITE: [&str; 2] = ["admin:write", "admin:write:domain_allows"];
const MAX_LIMIT: i64 = 500;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/domain_allows", get(list).post(create))
        .route("/api/v1/admin/domain_allows/{id}", get(show).delete(delete))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminDomainAllow>>)> {
    auth.require_permission(&READ, Permission::ManageFederation)?;
    let page = params.page(DEFAULT_LIMIT, MAX_LIMIT);
    let allowed = AdminDomainAllow::list(&mut *app.db.acquire().await?, page).await?;
    Ok((links(&app, &uri, &params, page, &allowed, |row| row.id), Json(allowed)))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminDomainAllow>> {
    auth.optional(&READ)?;
    let allowed = found(&mut *app.db.acquire().await?, params.id).await?;
    auth.permitted(Permission::ManageFederation)?;
    Ok(Json(allowed))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    domain: String,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<AdminDomainAllow>> {
    let by = auth.require_permission(&WRITE, Permission::ManageFederation)?.account_id;
    let mut tx = app.db.begin().await?;
    let id = moderate_domain::allow(&mut tx, by, &params.domain).await?;
    let allowed = found(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(allowed))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    found(&mut tx, params.id).await?;
    let by = auth.permitted(Permission::ManageFederation)?.account_id;
    moderate_domain::disallow(&mut tx, by, params.id, app.config.federation.limited_federation).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn found(conn: &mut PgConnection, id: i64) -> ApiResult<AdminDomainAllow> {
    AdminDomainAllow::find(conn, id).await?.ok_or_else(Error::not_found)
}
