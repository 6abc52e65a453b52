//! Hashtags on one's own profile.

mod suggestions;

use axum::extract::State;
use axum::routing::{self, get};
use axum::{Json, Router};
use entities::{FeaturedTag, Id};
use serde::Deserialize;
use serde_json::{Value, json};
use services::feature_tag::{feature_tag, unfeature_tag};
use shared::{ApiResult, App, Auth, ById, Error, Params};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/featured_tags", get(list).post(create))
        .route("/api/v1/featured_tags/{id}", routing::delete(delete))
        .merge(suggestions::routes())
}

const READ: [&str; 2] = ["read", "read:accounts"];
const WRITE: [&str; 2] = ["write", "write:accounts"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    name: String,
}

async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Json<Vec<FeaturedTag>>> {
    let viewer = auth.require_user(&READ)?.account_id;
    Ok(Json(FeaturedTag::load_all(&mut *app.db.acquire().await?, &app.urls, viewer).await?))
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<FeaturedTag>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    if params.name.trim().is_empty() {
        return Err(Error::missing_param("name"));
    }
    let mut tx = app.db.begin().await?;
    let id = feature_tag(&mut tx, &app.renderer, viewer, &params.name).await?;
    let all = FeaturedTag::load_all(&mut tx, &app.urls, viewer).await?;
    tx.commit().await?;
    Ok(Json(all.into_iter().find(|tag| tag.id == Id(id)).ok_or_else(Error::not_found)?))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    unfeature_tag(&mut tx, &app.renderer, viewer, params.id).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
