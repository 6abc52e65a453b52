//! Moderation.

mod accounts;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    Router::new().merge(accounts::routes())
}
