//! Providers of mailboxes with which nobody signs up, or not without approval.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{PageParams, PgConnection};
use entities::AdminEmailDomainBlock;
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use services::block_email_domain::{block_email_domain, unblock_email_domain};
use shared::{ApiResult, App, Auth, ById, Error, Flag, Links, Params, Permission};

use super::{DEFAULT_LIMIT, links};

const READ: [&str; 2] = ["admin:read", "admin:read:email_domain_blocks"];
const WRITE: [&str; 2] = ["admin:write", "admin:write:email_domain_blocks"];
const MAX_LIMIT: i64 = 200;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/email_domain_blocks", get(list).post(create))
        .route("/api/v1/admin/email_domain_blocks/{id}", get(show).delete(delete))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminEmailDomainBlock>>)> {
    auth.require_permission(&READ, Permission::ManageBlocks)?;
    let page = params.page(DEFAULT_LIMIT, MAX_LIMIT);
    let today = app.clock.now().date_naive();
    let blocks = AdminEmailDomainBlock::list(&mut *app.db.acquire().await?, &app.kv, today, page).await?;
    Ok((links(&app, &uri, &params, page, &blocks, |block| block.id), Json(blocks)))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminEmailDomainBlock>> {
    auth.optional(&READ)?;
    let block = found(&app, &mut *app.db.acquire().await?, params.id).await?;
    auth.permitted(Permission::ManageBlocks)?;
    Ok(Json(block))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    domain: String,
    allow_with_approval: Flag,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<AdminEmailDomainBlock>> {
    let by = auth.require_permission(&WRITE, Permission::ManageBlocks)?.account_id;
    let mut tx = app.db.begin().await?;
    let id = block_email_domain(&mut tx, by, &params.domain, params.allow_with_approval.is_true()).await?;
    let block = found(&app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(block))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    found(&app, &mut tx, params.id).await?;
    let by = auth.permitted(Permission::ManageBlocks)?.account_id;
    unblock_email_domain(&mut tx, by, params.id).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn found(app: &App, conn: &mut PgConnection, id: i64) -> ApiResult<AdminEmailDomainBlock> {
    let today = app.clock.now().date_naive();
    AdminEmailDomainBlock::find(conn, &app.kv, today, id).await?.ok_or_else(Error::not_found)
}
