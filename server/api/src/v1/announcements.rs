//! What administrators tell everybody.

mod reactions;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use entities::Announcement;
use serde_json::{Value, json};
use shared::{ApiResult, App, Auth, ById, Error, Params};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/announcements", get(list))
        .route("/api/v1/announcements/{id}/dismiss", post(dismiss))
        .merge(reactions::routes())
}

/// Those that were dismissed as well: they say so.
async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Json<Vec<Announcement>>> {
    let account = auth.require_signed_in()?.account_id;
    let mut conn = app.db.acquire().await?;
    let ids = sqlx::query_scalar!(
        "SELECT id FROM announcements WHERE published ORDER BY COALESCE(starts_at, scheduled_at, published_at, created_at), id"
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(Json(Announcement::load_many(&mut conn, &app.urls, Some(account), &ids).await?))
}

async fn dismiss(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:accounts"])?.account_id;
    let mut tx = app.db.begin().await?;
    sqlx::query_scalar!("SELECT id FROM announcements WHERE id = $1 AND published", params.id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(Error::not_found)?;
    sqlx::query!(
        r#"
        INSERT INTO announcement_mutes (announcement_id, account_id, created_at, updated_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT DO NOTHING
        "#,
        params.id,
        account,
        app.clock.now_naive()
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
