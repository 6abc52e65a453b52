//! Terms that the administrator published: those in force, or those of a day.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::NaiveDate;
use serde::Serialize;
use shared::{ApiResult, App, Error, cache};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/instance/terms_of_service", get(current))
        .route("/api/v1/instance/terms_of_service/{date}", get(show))
}

#[derive(Debug, Serialize)]
struct TermsOfService {
    effective_date: NaiveDate,
    effective: bool,
    content: String,
    succeeded_by: Option<NaiveDate>,
}

async fn current(State(app): State<App>) -> ApiResult<Response> {
    let terms = shared::TermsOfService::current(&mut *app.db.acquire().await?, &app).await?;
    Ok(answer(&app, terms))
}

async fn show(State(app): State<App>, Path(date): Path<String>) -> ApiResult<Response> {
    let terms = match date.parse::<NaiveDate>() {
        Err(_) => None,
        Ok(day) => shared::TermsOfService::of_day(&mut *app.db.acquire().await?, &app, day).await?,
    };
    Ok(answer(&app, terms))
}

/// That there are none may be cached too.
fn answer(app: &App, terms: Option<shared::TermsOfService>) -> Response {
    let Some(terms) = terms else { return (cache::for_everyone(app), Error::not_found()).into_response() };
    let today = app.clock.now().date_naive();
    let terms = TermsOfService {
        effective_date: terms.effective_date.unwrap_or(today),
        effective: terms.effective_date.is_some_and(|date| date < today),
        content: terms.html,
        succeeded_by: terms.succeeded_by,
    };
    (cache::for_everyone(app), Json(terms)).into_response()
}
