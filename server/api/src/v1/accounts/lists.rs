//! Own lists that an account is in.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::List;
use shared::{ApiResult, App, Auth, ById, Params};

use super::require_account;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/lists", get(list))
}

async fn list(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Vec<List>>> {
    let viewer = auth.require_user(&["read", "read:lists"])?.account_id;
    let mut conn = app.db.acquire().await?;
    require_account(&mut conn, params.id).await?;
    let rows = sqlx::query!(
        r#"
        SELECT l.id, l.title, l.replies_policy, l.exclusive
        FROM lists l JOIN list_accounts m ON m.list_id = l.id AND m.account_id = $2
        WHERE l.account_id = $1 ORDER BY l.id
        "#,
        viewer,
        params.id
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(Json(rows.into_iter().map(|row| List::new(row.id, row.title, row.replies_policy, row.exclusive)).collect()))
}
