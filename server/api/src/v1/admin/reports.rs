//! Reports and what becomes of them.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection};
use entities::AdminReport;
use http::Uri;
use serde::Deserialize;
use services::moderate_report::{Deed, moderate_report};
use services::report::Category;
use shared::{ApiResult, App, Auth, ById, Error, IdParam, Links, OneOrMany, Params, Permission};

const READ: [&str; 2] = ["admin:read", "admin:read:reports"];
const WRITE: [&str; 2] = ["admin:write", "admin:write:reports"];
const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 200;
const KEPT: [&str; 5] = ["limit", "resolved", "unresolved", "account_id", "target_account_id"];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/reports", get(list))
        .route("/api/v1/admin/reports/{id}", get(show).put(update).patch(update))
        .route("/api/v1/admin/reports/{id}/assign_to_self", post(assign))
        .route("/api/v1/admin/reports/{id}/unassign", post(unassign))
        .route("/api/v1/admin/reports/{id}/resolve", post(resolve))
        .route("/api/v1/admin/reports/{id}/reopen", post(reopen))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    /// Given with whatever value: those that are settled instead of those that are open.
    resolved: String,
    account_id: IdParam,
    target_account_id: IdParam,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<List>,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<AdminReport>>)> {
    let viewer = auth.require_permission(&READ, Permission::ManageReports)?.account_id;
    let bounds = page.page(DEFAULT_LIMIT, MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    let ids = ids(&mut conn, &params, bounds).await?;
    let mut links = Links::keeping(&app, &uri, params.raw(), &KEPT);
    if let Some(last) = ids.last().filter(|_| i64::try_from(ids.len()) == Ok(bounds.limit)) {
        links = links.next(last);
    }
    if let Some(first) = ids.first() {
        links = links.prev(first);
    }
    Ok((links, Json(AdminReport::load_many(&mut conn, &app.urls, viewer, &ids).await?)))
}

async fn ids(conn: &mut PgConnection, list: &List, page: Page) -> Result<Vec<i64>, sqlx::Error> {
    let mut ids = sqlx::query_scalar!(
        r#"
        SELECT id FROM reports
        WHERE id < $1 AND id > $2 AND (action_taken_at IS NOT NULL) = $3
          AND ($4::bigint IS NULL OR account_id = $4) AND ($5::bigint IS NULL OR target_account_id = $5)
        ORDER BY CASE WHEN $6 THEN id ELSE -id END
        LIMIT $7
        "#,
        page.below,
        page.above,
        !list.resolved.trim().is_empty(),
        list.account_id.get(),
        list.target_account_id.get(),
        page.ascending,
        page.limit
    )
    .fetch_all(conn)
    .await?;
    page.arrange(&mut ids);
    Ok(ids)
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminReport>> {
    auth.optional(&READ)?;
    let mut conn = app.db.acquire().await?;
    exists(&mut conn, params.id).await?;
    let viewer = auth.permitted(Permission::ManageReports)?.account_id;
    loaded(&app, &mut conn, viewer, params.id).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    id: i64,
    category: Option<String>,
    rule_ids: Option<OneOrMany<i64>>,
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Json<AdminReport>> {
    let category = match params.category.as_deref() {
        None => None,
        Some(name) => {
            Some(Category::from_name(name).ok_or_else(|| services::Error::invalid("Category is not included in the list"))?)
        }
    };
    let rules = params.rule_ids.as_ref().map(|rules| rules.0.clone());
    act(&app, &auth, params.id, Deed::Update { category, rules }).await
}

async fn assign(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminReport>> {
    act(&app, &auth, params.id, Deed::Assign).await
}

async fn unassign(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminReport>> {
    act(&app, &auth, params.id, Deed::Unassign).await
}

async fn resolve(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminReport>> {
    act(&app, &auth, params.id, Deed::Resolve).await
}

async fn reopen(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminReport>> {
    act(&app, &auth, params.id, Deed::Reopen).await
}

async fn act(app: &App, auth: &Auth, report: i64, deed: Deed) -> ApiResult<Json<AdminReport>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    exists(&mut tx, report).await?;
    let moderator = auth.permitted(Permission::ManageReports)?.account_id;
    moderate_report(&mut tx, moderator, report, &deed).await?;
    let shown = loaded(app, &mut tx, moderator, report).await?;
    tx.commit().await?;
    Ok(shown)
}

async fn loaded(app: &App, conn: &mut PgConnection, viewer: AccountId, id: i64) -> ApiResult<Json<AdminReport>> {
    let report = AdminReport::load_many(conn, &app.urls, viewer, &[id]).await?.pop().ok_or_else(Error::not_found)?;
    Ok(Json(report))
}

async fn exists(conn: &mut PgConnection, id: i64) -> ApiResult<()> {
    sqlx::query_scalar!("SELECT id FROM reports WHERE id = $1", id).fetch_optional(conn).await?.ok_or_else(Error::not_found)?;
    Ok(())
}
