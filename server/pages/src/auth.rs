//! Signing in and out.

mod credentials;
mod session_start;
mod sign_in;
mod sign_out;
mod two_factor;

use axum::Router;
use axum::routing::{delete, get};
use shared::App;

pub(super) use session_start::kill_streams;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/auth/sign_in", get(sign_in::show).post(sign_in::create))
        .route("/auth/sign_out", delete(sign_out::delete))
}
