//! What the year was like: reports of it, and having one made.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::annual_report::{AnnualReportRow, AnnualReports, report_year};
use http::{StatusCode, header};
use jobs::account::GenerateAnnualReport;
use kv::async_refresh;
use serde::Deserialize;
use serde_json::{Value, json};
use services::annual_report;
use shared::{ApiResult, App, Auth, Error, Params, async_refresh_header};

const READ: [&str; 2] = ["read", "read:accounts"];
const WRITE: [&str; 2] = ["write", "write:accounts"];
/// Seconds after which a client should ask whether the report is there.
const RETRY: u32 = 2;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/annual_reports", get(list))
        .route("/api/v1/annual_reports/{id}", get(show))
        .route("/api/v1/annual_reports/{id}/generate", post(generate))
        .route("/api/v1/annual_reports/{id}/read", post(read))
        .route("/api/v1/annual_reports/{id}/state", get(state))
}

/// The id of a report is its year.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ByYear {
    id: i64,
}

impl ByYear {
    fn year(&self) -> i32 {
        i32::try_from(self.id).unwrap_or_default()
    }
}

/// Those that were not looked at yet.
async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Json<AnnualReports>> {
    let viewer = auth.require_user(&READ)?.account_id;
    let mut conn = app.db.acquire().await?;
    let rows = sqlx::query_as!(
        AnnualReportRow,
        r#"
        SELECT r.account_id, a.username, r.year, r.data, r.schema_version, r.share_key
        FROM generated_annual_reports r JOIN accounts a ON a.id = r.account_id
        WHERE r.account_id = $1 AND r.viewed_at IS NULL ORDER BY r.id
        "#,
        viewer
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(Json(AnnualReports::load(&mut conn, &app.urls, viewer, rows).await?))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ByYear>) -> ApiResult<Json<AnnualReports>> {
    let viewer = auth.require_user(&READ)?.account_id;
    let mut conn = app.db.acquire().await?;
    let row = sqlx::query_as!(
        AnnualReportRow,
        r#"
        SELECT r.account_id, a.username, r.year, r.data, r.schema_version, r.share_key
        FROM generated_annual_reports r JOIN accounts a ON a.id = r.account_id
        WHERE r.account_id = $1 AND r.year = $2
        "#,
        viewer,
        params.year()
    )
    .fetch_optional(&mut *conn)
    .await?;
    let row = row.ok_or_else(Error::not_found)?;
    Ok(Json(AnnualReports::load(&mut conn, &app.urls, viewer, vec![row]).await?))
}

async fn read(State(app): State<App>, auth: Auth, params: Params<ByYear>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&WRITE)?.account_id;
    let seen = sqlx::query!(
        "UPDATE generated_annual_reports SET viewed_at = $3, updated_at = $3 WHERE account_id = $1 AND year = $2",
        account,
        params.year(),
        app.clock.now_naive()
    )
    .execute(&mut *app.db.acquire().await?)
    .await?;
    if seen.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    Ok(Json(json!({})))
}

async fn state(State(app): State<App>, auth: Auth, params: Params<ByYear>) -> ApiResult<Response> {
    let account = auth.require_user(&READ)?.account_id;
    let year = params.year();
    let told = |state: &str| Json(json!({ "state": state }));
    let mut conn = app.db.acquire().await?;
    if annual_report::exists(&mut conn, account, year).await? {
        return Ok(told("available").into_response());
    }
    let key = kv::key::annual_report(account, year);
    if is_being_made(&app, &key).await {
        return Ok((async_refresh_header(&app, &key, RETRY, None), told("generating")).into_response());
    }
    let eligible = is_asked_for(&app, year).await? && annual_report::is_eligible(&mut conn, account, year).await?;
    Ok(told(if eligible { "eligible" } else { "ineligible" }).into_response())
}

async fn generate(State(app): State<App>, auth: Auth, params: Params<ByYear>) -> ApiResult<Response> {
    let account = auth.require_user(&WRITE)?.account_id;
    let year = params.year();
    if !is_asked_for(&app, year).await? || annual_report::exists(&mut *app.db.acquire().await?, account, year).await? {
        return Ok(Json(json!({})).into_response());
    }
    let key = kv::key::annual_report(account, year);
    if !is_being_made(&app, &key).await {
        order(&mut *app.db.acquire().await?, account, year).await?;
        if let Err(error) = async_refresh::start(&app.kv, &key, false).await {
            tracing::warn!(%error, "nobody hears how far an annual report is");
        }
    }
    let html = [(header::CONTENT_TYPE, "text/html")];
    Ok((StatusCode::ACCEPTED, html, async_refresh_header(&app, &key, RETRY, None)).into_response())
}

async fn order(conn: &mut PgConnection, account_id: AccountId, year: i32) -> ApiResult<()> {
    jobs::enqueue(conn, &GenerateAnnualReport { account_id, year }).await.map_err(anyhow::Error::from)?;
    Ok(())
}

async fn is_asked_for(app: &App, year: i32) -> ApiResult<bool> {
    Ok(report_year(app.settings().await?.wrapstodon, app.clock.now_naive()) == Some(year))
}

async fn is_being_made(app: &App, key: &str) -> bool {
    async_refresh::show(&app.kv, key).await.ok().flatten().is_some_and(|marker| marker.running)
}
