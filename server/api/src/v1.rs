//! `/api/v1`: one file for each resource, each with its own `routes()`.

mod announcements;
mod apps;
mod bookmarks;
mod conversations;
mod custom_emojis;
mod favourites;
mod filters;
mod followed_tags;
pub(crate) mod instance;
mod lists;
mod markers;
pub(crate) mod media;
pub(crate) mod notifications;
mod peers;
mod polls;
mod preferences;
mod scheduled_statuses;
mod statuses;
mod tags;
mod timelines;

use axum::Router;
use shared::App;

pub(crate) fn routes() -> Router<App> {
    Router::new() //
        .merge(announcements::routes())
        .merge(apps::routes())
        .merge(bookmarks::routes())
        .merge(conversations::routes())
        .merge(custom_emojis::routes())
        .merge(favourites::routes())
        .merge(filters::routes())
        .merge(followed_tags::routes())
        .merge(instance::routes())
        .merge(lists::routes())
        .merge(markers::routes())
        .merge(media::routes())
        .merge(notifications::routes())
        .merge(peers::routes())
        .merge(polls::routes())
        .merge(preferences::routes())
        .merge(scheduled_statuses::routes())
        .merge(statuses::routes())
        .merge(tags::routes())
        .merge(timelines::routes())
}
