//! `/api/v1/push`

mod subscription;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    subscription::routes()
}
