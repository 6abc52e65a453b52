//! The emoji of this server that pickers offer.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::CustomEmoji;
use shared::cache::{self, Cache};
use shared::{ApiResult, App};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/custom_emojis", get(list))
}

async fn list(State(app): State<App>) -> ApiResult<(Cache, Json<Vec<CustomEmoji>>)> {
    let emojis = CustomEmoji::listed(&mut *app.db.acquire().await?, &app.urls).await?;
    Ok((cache::for_everyone(&app), Json(emojis)))
}
