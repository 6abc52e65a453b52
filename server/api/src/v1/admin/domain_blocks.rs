//! Servers that are limited or blocked here.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::domain_blocks::Severity;
use db::{PageParams, PgConnection};
use entities::AdminDomainBlock;
use http::{StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};
use services::moderate_domain::{self, Blocked, Rule};
use shared::{ApiResult, App, Auth, ById, Error, Flag, Links, Params, Permission};

use super::{DEFAULT_LIMIT, links};

const READ: [&str; 2] = ["admin:read", "admin:read:domain_blocks"];
const WRITE: [&str; 2] = ["admin:write", "admin:write:domain_blocks"];
const MAX_LIMIT: i64 = 500;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/domain_blocks", get(list).post(create))
        .route("/api/v1/admin/domain_blocks/{id}", get(show).put(update).patch(update).delete(delete))
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminDomainBlock>>)> {
    auth.require_permission(&READ, Permission::ManageFederation)?;
    let page = params.page(DEFAULT_LIMIT, MAX_LIMIT);
    let blocks = AdminDomainBlock::list(&mut *app.db.acquire().await?, page).await?;
    Ok((links(&app, &uri, &params, page, &blocks, |block| block.id), Json(blocks)))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminDomainBlock>> {
    auth.optional(&READ)?;
    let block = found(&mut *app.db.acquire().await?, params.id).await?;
    auth.permitted(Permission::ManageFederation)?;
    Ok(Json(block))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    id: i64,
    domain: String,
    severity: String,
    reject_media: Flag,
    reject_reports: Flag,
    obfuscate: Flag,
    private_comment: Option<String>,
    public_comment: Option<String>,
}

fn rule(params: &Params<Said>) -> Rule {
    let comment = |name: &str, text: &Option<String>| params.has(name).then(|| text.as_ref().map(|text| text.replace('\0', "")));
    Rule {
        severity: params.has("severity").then(|| Severity::from_name(&params.severity)),
        reject_media: params.reject_media.given(),
        reject_reports: params.reject_reports.given(),
        obfuscate: params.obfuscate.given(),
        private_comment: comment("private_comment", &params.private_comment),
        public_comment: comment("public_comment", &params.public_comment),
    }
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Said>) -> ApiResult<Response> {
    let by = auth.require_permission(&WRITE, Permission::ManageFederation)?.account_id;
    let mut tx = app.db.begin().await?;
    let answer = match moderate_domain::block(&mut tx, by, &params.domain, &rule(&params)).await? {
        Blocked::Now(id) => Json(found(&mut tx, id).await?).into_response(),
        Blocked::Before(id) => {
            let held = found(&mut tx, id).await?;
            let error = format!("You have already imposed stricter limits on {}.", held.domain);
            let body = json!({ "error": error, "existing_domain_block": held });
            Error::with_body(StatusCode::UNPROCESSABLE_ENTITY, body).into_response()
        }
    };
    tx.commit().await?;
    Ok(answer)
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Said>) -> ApiResult<Json<AdminDomainBlock>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    found(&mut tx, params.id).await?;
    let by = auth.permitted(Permission::ManageFederation)?.account_id;
    moderate_domain::change(&mut tx, by, params.id, &rule(&params)).await?;
    let block = found(&mut tx, params.id).await?;
    tx.commit().await?;
    Ok(Json(block))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    found(&mut tx, params.id).await?;
    let by = auth.permitted(Permission::ManageFederation)?.account_id;
    moderate_domain::unblock(&mut tx, by, params.id).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn found(conn: &mut PgConnection, id: i64) -> ApiResult<AdminDomainBlock> {
    AdminDomainBlock::find(conn, id).await?.ok_or_else(Error::not_found)
}
