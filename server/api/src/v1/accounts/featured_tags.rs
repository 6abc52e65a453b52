//! Hashtags that an account shows on its profile.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::FeaturedTag;
use shared::{ApiResult, App, ById, Params};

use super::require_account;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/featured_tags", get(list))
}

async fn list(State(app): State<App>, params: Params<ById>) -> ApiResult<Json<Vec<FeaturedTag>>> {
    let mut conn = app.db.acquire().await?;
    require_account(&mut conn, params.id).await?;
    let suspended =
        sqlx::query_scalar!(r#"SELECT suspended_at IS NOT NULL AS "suspended!" FROM accounts WHERE id = $1"#, params.id)
            .fetch_one(&mut *conn)
            .await?;
    if suspended {
        return Ok(Json(Vec::new()));
    }
    Ok(Json(FeaturedTag::load_all(&mut conn, &app.urls, params.id).await?))
}
