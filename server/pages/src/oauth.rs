//! The person's side of OAuth: consent, and taking it back. Tokens are `api::oauth`.

mod authorize;
mod authorized_applications;
mod request;
mod rights;

use axum::Router;
use axum::routing::{delete, get};
use shared::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/oauth/authorize", get(authorize::show).post(authorize::create).delete(authorize::delete))
        .route("/oauth/authorize/native", get(authorize::native))
        .route("/oauth/authorized_applications", get(authorized_applications::list))
        .route("/oauth/authorized_applications/{id}", delete(authorized_applications::delete))
}
