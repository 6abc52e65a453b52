//! What other servers ask: discovery, actors, statuses, collections, and the inbox.

// The futures of a fetch within a signature within a handler are nested deeper than the default allows.
#![recursion_limit = "256"]

mod account;
mod actor;
mod collections;
mod contexts;
mod emoji;
mod featured_collections;
mod followers;
mod inbox;
mod nodeinfo;
mod outbox;
mod quote_authorization;
mod replies;
mod response;
mod signature;
mod status;
mod tag;
mod webfinger;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use shared::App;

pub use actor::{show_by_name as show_actor, show_user};
pub use featured_collections::show_by_id as show_collection;
pub use followers::show_by_name as show_relations;
pub use response::wants_activity;
pub use status::show_by_name as show_status;
pub use tag::show as show_tag;

/// All federation endpoints but those that share their address with a page or a feed. Accounts are reached by name (`/users/alice`) and by number (`/ap/users/1`): the URI of an
/// account uses one of them for ever, and both are answered for all.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/.well-known/webfinger", get(webfinger::show))
        .route("/.well-known/host-meta", get(webfinger::host_meta))
        .route("/.well-known/host-meta.json", get(webfinger::host_meta_json))
        .route("/.well-known/nodeinfo", get(nodeinfo::index))
        .route("/nodeinfo/2.0", get(nodeinfo::show))
        .route("/actor", get(actor::instance))
        .route("/actor/outbox", get(actor::instance_outbox))
        .route("/actor/inbox", post(inbox::receive_for_instance))
        .route("/inbox", post(inbox::receive))
        .route("/contexts/{id}", get(contexts::show))
        .route("/contexts/{id}/items", get(contexts::items))
        .route("/emojis/{id}", get(emoji::show))
        .route("/ap/users/{id}", get(actor::show))
        .merge(of_account("/inbox", post(inbox::receive_for_account)))
        .merge(of_account("/outbox", get(outbox::show)))
        .merge(of_account("/followers", get(followers::followers)))
        .merge(of_account("/following", get(followers::following)))
        .merge(of_account("/followers_synchronization", get(followers::synchronization)))
        .merge(of_account("/collections/{name}", get(collections::show)))
        .merge(of_account("/featured_collections", get(featured_collections::list)))
        .route("/ap/users/{id}/collection_items/{item_id}", get(featured_collections::item))
        .route("/ap/users/{id}/feature_authorizations/{item_id}", get(featured_collections::authorization))
        .merge(of_account("/quote_authorizations/{quote_id}", get(quote_authorization::show)))
        .merge(of_account("/statuses/{status_id}", get(status::show)))
        .merge(of_account("/statuses/{status_id}/activity", get(status::activity)))
        .merge(of_account("/statuses/{status_id}/replies", get(replies::show)))
        .merge(of_account("/statuses/{status_id}/likes", get(status::likes)))
        .merge(of_account("/statuses/{status_id}/shares", get(status::shares)))
}

fn of_account(path: &str, handler: MethodRouter<App>) -> Router<App> {
    Router::new().route(&format!("/users/{{username}}{path}"), handler.clone()).route(&format!("/ap/users/{{id}}{path}"), handler)
}
