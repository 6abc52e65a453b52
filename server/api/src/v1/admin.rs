//! Moderation.

mod reports;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    Router::new().merge(reports::routes())
}
