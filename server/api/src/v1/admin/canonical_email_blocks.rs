//! Single mailboxes with which nobody signs up, kept as hashes.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{PageParams, PgConnection};
use entities::AdminCanonicalEmailBlock;
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use services::block_email_domain::{Mailbox, block_mailbox, blocks_of_mailbox, unblock_mailbox};
use shared::{ApiResult, App, Auth, ById, Error, Links, Params, Permission};

use super::{DEFAULT_LIMIT, links};

const READ: [&str; 2] = ["admin:read", "admin:read:canonical_email_blocks"];
const WRITE: [&str; 2] = ["admin:write", "admin:write:canonical_email_blocks"];
const MAX_LIMIT: i64 = 200;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/canonical_email_blocks", get(list).post(create))
        .route("/api/v1/admin/canonical_email_blocks/test", post(test))
        .route("/api/v1/admin/canonical_email_blocks/{id}", get(show).delete(delete))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminCanonicalEmailBlock>>)> {
    auth.require_permission(&READ, Permission::ManageBlocks)?;
    let page = params.page(DEFAULT_LIMIT, MAX_LIMIT);
    let blocks = AdminCanonicalEmailBlock::list(&mut *app.db.acquire().await?, page).await?;
    Ok((links(&app, &uri, &params, page, &blocks, |block| block.id), Json(blocks)))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminCanonicalEmailBlock>> {
    auth.optional(&READ)?;
    let block = found(&mut *app.db.acquire().await?, params.id).await?;
    auth.permitted(Permission::ManageBlocks)?;
    Ok(Json(block))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    email: String,
    canonical_email_hash: String,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Said>) -> ApiResult<Json<AdminCanonicalEmailBlock>> {
    let by = auth.require_permission(&WRITE, Permission::ManageBlocks)?.account_id;
    let mailbox = if params.has("email") { Mailbox::Address(&params.email) } else { Mailbox::Hash(&params.canonical_email_hash) };
    let mut tx = app.db.begin().await?;
    let id = block_mailbox(&mut tx, by, mailbox).await?;
    let block = found(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(block))
}

/// Which blocks an address would meet.
async fn test(State(app): State<App>, auth: Auth, params: Params<Said>) -> ApiResult<Json<Vec<AdminCanonicalEmailBlock>>> {
    auth.optional(&READ)?;
    if params.email.trim().is_empty() {
        return Err(Error::missing_param("email"));
    }
    auth.permitted(Permission::ManageBlocks)?;
    let mut conn = app.db.acquire().await?;
    let mut met = Vec::new();
    for id in blocks_of_mailbox(&mut conn, &params.email).await? {
        met.extend(AdminCanonicalEmailBlock::find(&mut conn, id).await?);
    }
    Ok(Json(met))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    found(&mut tx, params.id).await?;
    let by = auth.permitted(Permission::ManageBlocks)?.account_id;
    unblock_mailbox(&mut tx, by, params.id).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn found(conn: &mut PgConnection, id: i64) -> ApiResult<AdminCanonicalEmailBlock> {
    AdminCanonicalEmailBlock::find(conn, id).await?.ok_or_else(Error::not_found)
}
