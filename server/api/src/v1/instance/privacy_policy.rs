//! The privacy policy: the administrator's, or one that describes what the program does.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use shared::cache::{self, Cache};
use shared::{ApiResult, App};

const DEFAULT: &str = include_str!("privacy_policy.md");
/// When the text above last changed.
const DEFAULT_CHANGED: &str = "2026-11-25T00:00:00+00:00";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/privacy_policy", get(show))
}

#[derive(Debug, Serialize)]
struct PrivacyPolicy {
    updated_at: Option<String>,
    content: String,
}

async fn show(State(app): State<App>) -> ApiResult<(Cache, Json<PrivacyPolicy>)> {
    let mut conn = app.db.acquire().await?;
    let own = db::settings::load(&mut conn).await?.site_terms;
    let (text, updated_at) = if own.trim().is_empty() {
        (DEFAULT, Some(DEFAULT_CHANGED.to_owned()))
    } else {
        (own.as_str(), db::settings::changed_at(&mut conn, "site_terms").await?.map(db::time::seconds))
    };
    let content = text::markdown::to_html(&text.replace("%{domain}", app.urls.local_domain()));
    Ok((cache::for_everyone(&app), Json(PrivacyPolicy { updated_at, content })))
}
