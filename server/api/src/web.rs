//! `/api/web`: what pages of ours ask with the browser's session, and nobody with a token.

mod push_subscriptions;
mod settings;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    Router::new().merge(push_subscriptions::routes()).merge(settings::routes())
}
