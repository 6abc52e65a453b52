//! Servers that this one knows.

mod search;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    search::routes()
}
