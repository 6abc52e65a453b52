//! The REST API. A path without `/api` and ids is the path of its file: `/api/v1/statuses/:id/favourite` is
//! `v1/statuses/favourite.rs`. What is done stands in `services`, what is answered in `entities`.

mod account_list;
mod budget;
mod media_proxy;
mod meet;
mod oauth;
mod oembed;
mod push_subscription;
mod v1;
mod v1_alpha;
mod v2;
mod web;

use axum::Router;
use shared::App;

/// All of `/api`, and what applications use of `/oauth`; consent and sign-in are pages.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(media_proxy::routes())
        .merge(oauth::routes())
        .merge(oembed::routes())
        .merge(v1::routes())
        .merge(v1_alpha::routes())
        .merge(v2::routes())
        .merge(web::routes())
}
