//! `/api/v1`: one file for each resource, each with its own `routes()`.

pub(crate) mod accounts;
pub(crate) mod admin;
mod announcements;
mod annual_reports;
mod apps;
mod blocks;
mod bookmarks;
pub(crate) mod collections;
mod conversations;
mod custom_emojis;
mod directory;
mod domain_blocks;
mod donation_campaigns;
mod emails;
mod endorsements;
mod favourites;
mod featured_tags;
mod filters;
mod follow_requests;
mod followed_tags;
pub(crate) mod instance;
mod lists;
mod markers;
pub(crate) mod media;
mod mutes;
pub(crate) mod notifications;
mod peers;
mod polls;
mod preferences;
mod profile;
mod push;
mod reports;
mod scheduled_statuses;
mod statuses;
mod streaming;
pub(crate) mod suggestions;
mod tags;
mod timelines;
mod trends;

use axum::Router;
use shared::App;

pub(crate) fn routes() -> Router<App> {
    Router::new() //
        .merge(accounts::routes())
        .merge(admin::routes())
        .merge(announcements::routes())
        .merge(annual_reports::routes())
        .merge(apps::routes())
        .merge(blocks::routes())
        .merge(bookmarks::routes())
        .merge(collections::routes())
        .merge(conversations::routes())
        .merge(custom_emojis::routes())
        .merge(directory::routes())
        .merge(domain_blocks::routes())
        .merge(donation_campaigns::routes())
        .merge(emails::routes())
        .merge(endorsements::routes())
        .merge(favourites::routes())
        .merge(featured_tags::routes())
        .merge(filters::routes())
        .merge(follow_requests::routes())
        .merge(followed_tags::routes())
        .merge(instance::routes())
        .merge(lists::routes())
        .merge(markers::routes())
        .merge(media::routes())
        .merge(mutes::routes())
        .merge(notifications::routes())
        .merge(peers::routes())
        .merge(polls::routes())
        .merge(preferences::routes())
        .merge(profile::routes())
        .merge(push::routes())
        .merge(reports::routes())
        .merge(scheduled_statuses::routes())
        .merge(statuses::routes())
        .merge(streaming::routes())
        .merge(suggestions::routes())
        .merge(tags::routes())
        .merge(timelines::routes())
        .merge(trends::routes())
}
