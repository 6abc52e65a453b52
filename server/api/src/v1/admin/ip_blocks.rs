//! Network addresses from which nobody signs up, or comes in at all.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use chrono::Duration;
use db::{PageParams, PgConnection};
use entities::AdminIpBlock;
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use services::block_address::{self, AddressRule, block_address, unblock_address};
use shared::{ApiResult, App, Auth, ById, Error, IdParam, Links, Params, Permission};

use super::{DEFAULT_LIMIT, links};

const READ: [&str; 2] = ["admin:read", "admin:read:ip_blocks"];
const WRITE: [&str; 2] = ["admin:write", "admin:write:ip_blocks"];
const MAX_LIMIT: i64 = 200;
/// A hundred years, so that no end falls out of the calendar.
const MAX_SECONDS: i64 = 3_155_760_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/ip_blocks", get(list).post(create))
        .route("/api/v1/admin/ip_blocks/{id}", get(show).put(update).patch(update).delete(delete))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminIpBlock>>)> {
    auth.require_permission(&READ, Permission::ManageBlocks)?;
    let page = params.page(DEFAULT_LIMIT, MAX_LIMIT);
    let blocks = AdminIpBlock::list(&mut *app.db.acquire().await?, page).await?;
    Ok((links(&app, &uri, &params, page, &blocks, |block| block.id), Json(blocks)))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminIpBlock>> {
    auth.optional(&READ)?;
    let block = found(&mut *app.db.acquire().await?, params.id).await?;
    auth.permitted(Permission::ManageBlocks)?;
    Ok(Json(block))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    id: i64,
    ip: Option<String>,
    severity: Option<String>,
    comment: Option<String>,
    /// Seconds from now; blank: never.
    expires_in: IdParam,
}

fn rule(app: &App, params: &Params<Said>) -> AddressRule {
    let said = |name: &str, text: &Option<String>| params.has(name).then(|| text.clone().unwrap_or_default().replace('\0', ""));
    let end = |seconds: i64| app.clock.now_naive() + Duration::seconds(seconds.clamp(-MAX_SECONDS, MAX_SECONDS));
    AddressRule {
        ip: said("ip", &params.ip),
        severity: said("severity", &params.severity),
        comment: said("comment", &params.comment),
        expires_at: params.has("expires_in").then(|| params.expires_in.get().map(end)),
    }
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Said>) -> ApiResult<Json<AdminIpBlock>> {
    let by = auth.require_permission(&WRITE, Permission::ManageBlocks)?.account_id;
    let mut tx = app.db.begin().await?;
    let id = block_address(&mut tx, by, &rule(&app, &params)).await?;
    let block = found(&mut tx, id).await?;
    tx.commit().await?;
    app.forget_ip_blocks();
    Ok(Json(block))
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Said>) -> ApiResult<Json<AdminIpBlock>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    found(&mut tx, params.id).await?;
    let by = auth.permitted(Permission::ManageBlocks)?.account_id;
    block_address::change(&mut tx, by, params.id, &rule(&app, &params)).await?;
    let block = found(&mut tx, params.id).await?;
    tx.commit().await?;
    app.forget_ip_blocks();
    Ok(Json(block))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    found(&mut tx, params.id).await?;
    let by = auth.permitted(Permission::ManageBlocks)?.account_id;
    unblock_address(&mut tx, by, params.id).await?;
    tx.commit().await?;
    app.forget_ip_blocks();
    Ok(Json(json!({})))
}

async fn found(conn: &mut PgConnection, id: i64) -> ApiResult<AdminIpBlock> {
    AdminIpBlock::find(conn, id).await?.ok_or_else(Error::not_found)
}
