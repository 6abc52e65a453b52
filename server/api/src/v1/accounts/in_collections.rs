//! The collections that the viewer stands in.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Collection;
use shared::{ApiResult, App, Auth, Error, Links, Params};

use super::collections::{Listed, Paging, address};
use crate::v1::collections::READ;

pub(crate) fn under(version: &str) -> Router<App> {
    Router::new().route(&format!("{version}/accounts/{{id}}/in_collections"), get(list))
}

const MAX_LIMIT: i64 = 80;

async fn list(State(app): State<App>, auth: Auth, params: Params<Paging>) -> ApiResult<(Links, Json<Listed>)> {
    auth.optional(&READ)?;
    let viewer = auth.user().ok_or_else(|| Error::unprocessable("This method requires an authenticated user"))?.account_id;
    let mut conn = app.db.acquire().await?;
    let username = sqlx::query_scalar!("SELECT username FROM accounts WHERE id = $1", params.id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or_else(Error::not_found)?;
    if params.id != viewer {
        return Err(Error::forbidden());
    }
    let rows = sqlx::query!(
        r#"
        SELECT c.id, count(*) OVER () AS "total!"
        FROM collection_items i
        JOIN collections c ON c.id = i.collection_id
        JOIN accounts o ON o.id = c.account_id AND o.suspended_at IS NULL
        WHERE i.account_id = $1 AND i.state = 1
        ORDER BY c.created_at DESC, c.id DESC OFFSET $2 LIMIT $3
        "#,
        viewer,
        params.offset(),
        params.limit(MAX_LIMIT)
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let total = rows.first().map_or(0, |row| row.total);
    let collections = Collection::load_many(&mut conn, &app.urls, Some(viewer), &ids).await?;
    let links = Links::new(&app, &address(&username, "in_collections")?, params.raw());
    Ok((params.links(links, collections.len(), total), Json(Listed { collections })))
}
