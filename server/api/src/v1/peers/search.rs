//! Servers whose name begins with some letters.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use shared::{ApiResult, App, Params, cache};

const LIMIT: i64 = 10;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/peers/search", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    q: String,
}

async fn list(State(app): State<App>, params: Params<List>) -> ApiResult<Response> {
    if !app.settings().await?.peers_api_enabled || app.config.federation.limited_federation {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let start = params.q.trim().to_lowercase();
    if start.is_empty() {
        // `null`, not an empty list.
        return Ok((cache::for_everyone(&app), Json(None::<Vec<String>>)).into_response());
    }
    let start = url::Host::parse(&start).map_or(start, |host| host.to_string());
    let domains = sqlx::query_scalar!(
        r#"SELECT domain AS "domain!" FROM instances
           WHERE starts_with(domain, $1) AND domain NOT IN (SELECT domain FROM domain_blocks)
           ORDER BY domain LIMIT $2"#,
        start,
        LIMIT
    )
    .fetch_all(&mut *app.db.acquire().await?)
    .await?;
    Ok((cache::for_everyone(&app), Json(domains)).into_response())
}
