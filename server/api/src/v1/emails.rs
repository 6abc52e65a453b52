//! The address of somebody who signed up by an app.

mod check_confirmation;
mod confirmations;

use axum::Router;
use shared::App;

pub(super) fn routes() -> Router<App> {
    Router::new().merge(check_confirmation::routes()).merge(confirmations::routes())
}
