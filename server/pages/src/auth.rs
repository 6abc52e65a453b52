//! Signing up, in and out, and what the links in letters lead to.

mod confirmation;
mod credentials;
mod edit;
mod letter_form;
mod password;
mod reset_token;
mod session_start;
mod setup;
mod sign_in;
mod sign_out;
mod sign_up;
mod two_factor;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http::{StatusCode, header};
use shared::App;

pub(super) use session_start::kill_streams;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/auth", post(sign_up::create).put(edit::update).patch(edit::update))
        .route("/auth/acceptance", post(sign_up::accept))
        .route("/auth/confirmation", get(confirmation::show).post(confirmation::create))
        .route("/auth/confirmation/new", get(confirmation::new))
        .route("/auth/edit", get(edit::show))
        .route("/auth/password", post(password::create).put(password::update).patch(password::update))
        .route("/auth/password/edit", get(password::edit))
        .route("/auth/password/new", get(password::new))
        .route("/auth/setup", get(setup::show).put(setup::update).patch(setup::update))
        .route("/auth/sign_in", get(sign_in::show).post(sign_in::create))
        .route("/auth/sign_out", delete(sign_out::delete))
        .route("/auth/sign_up", get(sign_up::show))
        .route("/invite/{invite_code}", get(sign_up::show_invite))
        .route("/settings/sessions/{id}", delete(edit::end_session))
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
