//! `/api/v1_alpha`: what may still change.

mod async_refreshes;
mod collections;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    Router::new().merge(async_refreshes::routes()).merge(collections::routes())
}
