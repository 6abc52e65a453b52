//! Followers of accounts whom one follows oneself.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::FamiliarFollowers;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, OneOrMany, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/familiar_followers", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ids {
    id: OneOrMany<i64>,
}

async fn list(State(app): State<App>, auth: Auth, params: Params<Ids>) -> ApiResult<Json<Vec<FamiliarFollowers>>> {
    let viewer = auth.require_user(&["read", "read:follows"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let ids = sqlx::query_scalar!(
        "SELECT id FROM accounts WHERE id = ANY($1) AND suspended_at IS NULL ORDER BY array_position($1, id)",
        &params.id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(Json(FamiliarFollowers::load_many(&mut conn, &app.urls, viewer, &ids).await?))
}
