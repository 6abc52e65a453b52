//! What the server says about itself.

mod activity;
mod domain_blocks;
mod extended_description;
mod languages;
mod peers;
mod privacy_policy;
mod rules;
mod terms_of_service;
mod translation_languages;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::Days;
use entities::{InstanceFacts, InstanceV1};
use http::StatusCode;
use shared::cache::{self, Cache};
use shared::{ApiResult, App, assets};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/instance", get(show))
        .merge(activity::routes())
        .merge(domain_blocks::routes())
        .merge(extended_description::routes())
        .merge(languages::routes())
        .merge(peers::routes())
        .merge(privacy_policy::routes())
        .merge(rules::routes())
        .merge(terms_of_service::routes())
        .merge(translation_languages::routes())
}

async fn show(State(app): State<App>) -> ApiResult<(Cache, Json<InstanceV1>)> {
    let facts = facts(&app).await?;
    let images = assets::default_images(&app.urls);
    Ok((cache::for_everyone(&app), Json(InstanceV1::new(&facts, &app.config, &app.urls, &images))))
}

/// What both versions are made of. Without Redis nobody counts as active.
pub(crate) async fn facts(app: &App) -> ApiResult<InstanceFacts> {
    let today = app.clock.now().date_naive();
    // Four full weeks that end yesterday, as Mastodon counts.
    let from = today.checked_sub_days(Days::new(28)).unwrap_or(today);
    let until = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    let active = kv::activity::logins(&app.kv, from, until).await.unwrap_or_default();
    let active = i64::try_from(active).unwrap_or(i64::MAX);
    Ok(InstanceFacts::load(&mut *app.db.acquire().await?, &app.urls, active).await?)
}

/// What a server that keeps something to itself answers: 404 without a body.
fn hidden() -> Response {
    StatusCode::NOT_FOUND.into_response()
}
