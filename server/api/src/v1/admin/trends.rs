//! What trends or would trend, and the decision about it.

mod links;
mod publishers;
mod statuses;
mod tags;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{get, post};
use shared::App;

use crate::v1::trends::depends_on_language;

const READ: [&str; 1] = ["admin:read"];
const WRITE: [&str; 1] = ["admin:write"];

pub(super) fn routes() -> Router<App> {
    let by_language = Router::new()
        .route("/api/v1/admin/trends/links", get(links::list))
        .route("/api/v1/admin/trends/links/{id}/approve", post(links::approve))
        .route("/api/v1/admin/trends/links/{id}/reject", post(links::reject))
        .route("/api/v1/admin/trends/statuses", get(statuses::list))
        .route("/api/v1/admin/trends/statuses/{id}/approve", post(statuses::approve))
        .route("/api/v1/admin/trends/statuses/{id}/reject", post(statuses::reject))
        .layer(map_response(depends_on_language));
    Router::new()
        .route("/api/v1/admin/trends/links/publishers", get(publishers::list))
        .route("/api/v1/admin/trends/links/publishers/{id}/approve", post(publishers::approve))
        .route("/api/v1/admin/trends/links/publishers/{id}/reject", post(publishers::reject))
        .route("/api/v1/admin/trends/tags", get(tags::list))
        .route("/api/v1/admin/trends/tags/{id}/approve", post(tags::approve))
        .route("/api/v1/admin/trends/tags/{id}/reject", post(tags::reject))
        .merge(by_language)
}
