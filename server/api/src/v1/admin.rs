//! Moderation.

pub(crate) mod accounts;
mod reports;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    Router::new().merge(accounts::routes()).merge(reports::routes())
}
