//! Whether one's address is confirmed.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use shared::{ApiResult, App, Auth, Error};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/emails/check_confirmation", get(show))
}

async fn show(State(_app): State<App>, auth: Auth) -> ApiResult<Json<bool>> {
    let user = auth.user().ok_or_else(|| Error::new(StatusCode::UNAUTHORIZED, "This method requires an authenticated user"))?;
    Ok(Json(user.confirmed))
}
