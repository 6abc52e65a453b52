//! `/api/v1`: one file for each resource, each with its own `routes()`.

mod apps;
mod bookmarks;
mod custom_emojis;
mod favourites;
pub(crate) mod instance;
pub(crate) mod media;
mod peers;
mod polls;
mod scheduled_statuses;
mod statuses;

use axum::Router;
use shared::App;

pub(crate) fn routes() -> Router<App> {
    Router::new() //
        .merge(apps::routes())
        .merge(bookmarks::routes())
        .merge(favourites::routes())
        .merge(media::routes())
        .merge(polls::routes())
        .merge(scheduled_statuses::routes())
        .merge(statuses::routes())
        .merge(custom_emojis::routes())
        .merge(instance::routes())
        .merge(peers::routes())
}
