//! How many people stay.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::AdminCohort;
use serde::Deserialize;
use services::metrics::{Frequency, retention};
use shared::{ApiResult, App, Auth, Params, Permission};

use super::dimensions::READ;
use super::measures::period;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/admin/retention", post(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    start_at: String,
    end_at: String,
    frequency: String,
}

async fn list(State(app): State<App>, auth: Auth, query: Params<Query>) -> ApiResult<Json<Vec<AdminCohort>>> {
    auth.optional(&READ)?;
    let period = period(&query.start_at, &query.end_at)?;
    auth.require_permission(&READ, Permission::ViewDashboard)?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(retention(&mut conn, &app.kv, period, Frequency::from_name(&query.frequency)).await?))
}
