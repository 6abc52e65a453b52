//! Following an account by mail without having one, which this server does not offer: the answer is Mastodon's where the feature is
//! off.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{StatusCode, header};
use serde::Deserialize;
use shared::{ApiResult, App, Error, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{account_id}/email_subscriptions", post(create))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ByAccount {
    account_id: i64,
}

async fn create(State(app): State<App>, params: Params<ByAccount>) -> ApiResult<Response> {
    let known = sqlx::query_scalar!("SELECT id FROM accounts WHERE id = $1 AND domain IS NULL", params.account_id)
        .fetch_optional(&mut *app.db.acquire().await?)
        .await?;
    known.ok_or_else(Error::not_found)?;
    Ok((StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")]).into_response())
}
