//! The long text about the server.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use shared::cache::{self, Cache};
use shared::{ApiResult, App};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/extended_description", get(show))
}

#[derive(Debug, Serialize)]
struct ExtendedDescription {
    updated_at: Option<String>,
    content: String,
}

async fn show(State(app): State<App>) -> ApiResult<(Cache, Json<ExtendedDescription>)> {
    let mut conn = app.db.acquire().await?;
    let text = db::settings::load(&mut conn).await?.site_extended_description;
    let description = if text.trim().is_empty() {
        ExtendedDescription { updated_at: None, content: String::new() }
    } else {
        let changed = db::settings::changed_at(&mut conn, "site_extended_description").await?;
        ExtendedDescription { updated_at: changed.map(db::time::seconds), content: text::markdown::to_html(&text) }
    };
    Ok((cache::for_everyone(&app), Json(description)))
}
