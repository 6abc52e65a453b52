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

struct Row {
    effective_date: Option<NaiveDate>,
    text: String,
    succeeded_by: Option<NaiveDate>,
}

async fn current(State(app): State<App>) -> ApiResult<Response> {
    // In force and newest first; otherwise what comes next.
    let today = app.clock.now().date_naive();
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT t.effective_date, t.text,
          (SELECT min(n.effective_date) FROM terms_of_services n
            WHERE n.published_at IS NOT NULL AND n.effective_date > t.effective_date) AS succeeded_by
        FROM terms_of_services t
        WHERE t.published_at IS NOT NULL
        ORDER BY COALESCE(t.effective_date > $1, false),
          CASE WHEN t.effective_date > $1 THEN t.effective_date END,
          COALESCE(t.effective_date, t.published_at::date) DESC
        LIMIT 1
        "#,
        today
    )
    .fetch_optional(&mut *app.db.acquire().await?)
    .await?;
    Ok(answer(&app, row, today))
}

async fn show(State(app): State<App>, Path(date): Path<String>) -> ApiResult<Response> {
    let today = app.clock.now().date_naive();
    let row = match date.parse::<NaiveDate>() {
        Err(_) => None,
        Ok(date) => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT t.effective_date, t.text,
                  (SELECT min(n.effective_date) FROM terms_of_services n
                    WHERE n.published_at IS NOT NULL AND n.effective_date > t.effective_date) AS succeeded_by
                FROM terms_of_services t
                WHERE t.published_at IS NOT NULL AND t.effective_date = $1
                "#,
                date
            )
            .fetch_optional(&mut *app.db.acquire().await?)
            .await?
        }
    };
    Ok(answer(&app, row, today))
}

/// That there are none may be cached too.
fn answer(app: &App, row: Option<Row>, today: NaiveDate) -> Response {
    let Some(row) = row else { return (cache::for_everyone(app), Error::not_found()).into_response() };
    let terms = TermsOfService {
        effective_date: row.effective_date.unwrap_or(today),
        effective: row.effective_date.is_some_and(|date| date < today),
        content: text::markdown::to_html(&row.text.replace("%{domain}", app.urls.local_domain())),
        succeeded_by: row.succeeded_by,
    };
    (cache::for_everyone(app), Json(terms)).into_response()
}
