//! How one stands to accounts.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Relationship;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Flag, OneOrMany, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/relationships", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ids {
    id: OneOrMany<i64>,
    with_suspended: Flag,
}

async fn list(State(app): State<App>, auth: Auth, params: Params<Ids>) -> ApiResult<Json<Vec<Relationship>>> {
    let viewer = auth.require_user(&["read", "read:follows"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let ids = sqlx::query_scalar!(
        r#"
        SELECT a.id AS "id!" FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN accounts a ON a.id = asked.id
        WHERE $2 OR a.suspended_at IS NULL
        GROUP BY a.id ORDER BY min(asked.place)
        "#,
        &params.id.0,
        params.with_suspended.is_true()
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(Json(Relationship::load_many(&mut conn, &app.urls, viewer, &ids).await?))
}
