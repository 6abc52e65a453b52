//! `/api/v2`: the resources that have a second form.

mod instance;
mod media;

use axum::Router;
use shared::App;

pub(crate) fn routes() -> Router<App> {
    Router::new() //
        .merge(media::routes())
        .merge(instance::routes())
}
