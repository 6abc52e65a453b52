//! Signing in and out.

mod credentials;
mod session_start;
mod sign_in;
mod sign_out;
mod two_factor;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use http::{StatusCode, header};
use shared::App;

pub(super) use session_start::kill_streams;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/sign_in", get(sign_in::show).post(sign_in::create))
        .route("/auth/sign_out", delete(sign_out::delete))
        .route("/.well-known/change-password", get(change_password))
}

/// Where password managers send people: the page of the account's own settings.
async fn change_password(State(app): State<App>) -> Response {
    let headers = [
        (header::LOCATION, format!("{}/auth/edit", app.urls.base())),
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (StatusCode::MOVED_PERMANENTLY, headers).into_response()
}
