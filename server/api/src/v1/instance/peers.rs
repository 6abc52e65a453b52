//! Servers that this one knows.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use shared::{ApiResult, App, cache};

use super::hidden;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/peers", get(list))
}

async fn list(State(app): State<App>) -> ApiResult<Response> {
    if !app.settings().await?.peers_api_enabled || app.config.federation.limited_federation {
        return Ok(hidden());
    }
    let domains = sqlx::query_scalar!(
        r#"SELECT domain AS "domain!" FROM instances WHERE domain NOT IN (SELECT domain FROM domain_blocks) ORDER BY domain"#
    )
    .fetch_all(&mut *app.db.acquire().await?)
    .await?;
    Ok((cache::for_everyone(&app), Json(domains)).into_response())
}
