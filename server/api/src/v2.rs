//! `/api/v2`: the resources that have a second form.

mod admin;
pub(crate) mod filters;
mod instance;
mod media;
pub(crate) mod notifications;
mod search;
mod suggestions;

use axum::Router;
use shared::App;

pub(crate) fn routes() -> Router<App> {
    Router::new() //
        .merge(admin::routes())
        .merge(filters::routes())
        .merge(instance::routes())
        .merge(media::routes())
        .merge(notifications::routes())
        .merge(search::routes())
        .merge(suggestions::routes())
}
