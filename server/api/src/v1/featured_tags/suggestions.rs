//! Hashtags that one uses much and does not show on the profile yet.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Tag;
use services::feature_tag::recently_used;
use shared::{ApiResult, App, Auth};

use super::READ;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/featured_tags/suggestions", get(list))
}

async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Json<Vec<Tag>>> {
    let viewer = auth.require_user(&READ)?.account_id;
    let mut conn = app.db.acquire().await?;
    let ids = recently_used(&mut conn, viewer).await?;
    Ok(Json(Tag::load_many(&mut conn, &app.kv, &app.urls, Some(viewer), &ids).await?))
}
