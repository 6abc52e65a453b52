//! Collections under the name that they had before they were finished.

use axum::Router;
use shared::App;

use crate::v1::accounts::{collections, in_collections};

pub(super) fn routes() -> Router<App> {
    let version = "/api/v1_alpha";
    Router::new()
        .merge(crate::v1::collections::under(version))
        .merge(collections::under(version))
        .merge(in_collections::under(version))
}
