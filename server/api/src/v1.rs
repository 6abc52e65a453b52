//! `/api/v1`: one file for each resource, each with its own `routes()`.

mod apps;

use axum::Router;
use shared::App;

pub(crate) fn routes() -> Router<App> {
    Router::new() //
        .merge(apps::routes())
}
