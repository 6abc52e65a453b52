//! HTML for people with a browser: signing in, consent, what else the server shows. Nothing here needs a script.

// The templates of a status within a list within a page are nested deeper than the default allows.
#![recursion_limit = "256"]

mod about;
mod assets;
mod auth;
pub mod collection;
mod frame;
mod home;
mod manifest;
mod medium;
mod meta;
mod oauth;
mod private;
pub mod profile;
mod rss;
pub mod status;
pub mod tag;
mod unsubscribe;

use axum::Router;
use axum::routing::get;
use shared::App;

pub use frame::{Frame, PageError, PageResult, redirect, render};

/// All pages.
pub fn routes() -> Router<App> {
    Router::new() //
        .route("/", get(home::show))
        .route("/about", get(about::show))
        .route("/privacy-policy", get(about::privacy_policy))
        .route("/terms-of-service", get(about::terms))
        .route("/terms-of-service/{date}", get(about::terms_of_day))
        .route("/unsubscribe", get(unsubscribe::show).post(unsubscribe::create))
        .merge(assets::routes())
        .merge(auth::routes())
        .merge(manifest::routes())
        .merge(oauth::routes())
        .route("/@{acct}/{id}/embed", get(status::embed))
        .route("/users/{acct}/statuses/{id}/embed", get(status::embed))
        .route("/media/{id}", get(medium::show))
        .route("/media/{id}/player", get(medium::player))
}
