//! HTML for people with a browser: signing in, consent, what else the server shows. Nothing here needs a script.

mod assets;
mod auth;
mod frame;
mod home;
mod oauth;

use axum::Router;
use axum::routing::get;
use shared::App;

pub use frame::{Frame, PageError, PageResult, redirect, render};

/// All pages.
pub fn routes() -> Router<App> {
    Router::new() //
        .route("/", get(home::show))
        .merge(assets::routes())
        .merge(auth::routes())
        .merge(oauth::routes())
}
