//! Figures of the dashboard over time.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::AdminMeasure;
use serde::Deserialize;
use services::metrics::{Measure, Period, measure};
use shared::{ApiResult, App, Auth, Error, OneOrMany, Params, Permission};

use super::dimensions::{READ, about, moment};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/admin/measures", post(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    keys: OneOrMany<String>,
    start_at: String,
    end_at: String,
}

/// What is wrong with the parameters is told before who asks, as from Mastodon. Unknown keys are passed over.
async fn list(State(app): State<App>, auth: Auth, query: Params<Query>) -> ApiResult<Json<Vec<AdminMeasure>>> {
    auth.optional(&READ)?;
    if query.keys.0.is_empty() {
        return Err(Error::missing_param("keys"));
    }
    let period = period(&query.start_at, &query.end_at)?;
    let mut asked = Vec::new();
    for measure in query.keys.0.iter().filter_map(|key| Measure::from_key(key)) {
        asked.push((measure, about(measure.subject(), measure.key(), query.raw())?));
    }
    auth.require_permission(&READ, Permission::ViewDashboard)?;
    let mut conn = app.db.acquire().await?;
    let mut measures = Vec::with_capacity(asked.len());
    for (kind, about) in asked {
        measures.push(measure(&mut conn, &app.kv, kind, &about, period).await?);
    }
    Ok(Json(measures))
}

/// Both ends are required.
pub(super) fn period(start: &str, end: &str) -> ApiResult<Period> {
    let required = |name: &str, text: &str| moment(text)?.ok_or_else(|| Error::missing_param(name));
    Ok(Period { start: required("start_at", start)?, end: required("end_at", end)? })
}
