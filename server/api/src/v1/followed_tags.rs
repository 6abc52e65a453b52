//! Hashtags that the viewer follows, by when they did.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::{PageParams, TagId};
use entities::Tag;
use http::Uri;
use shared::{ApiResult, App, Auth, Links, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/followed_tags", get(list))
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, params: Params<PageParams>) -> ApiResult<Response> {
    let account = auth.require_user(&["follow", "read", "read:follows"])?.account_id;
    let page = params.page(100, 200);
    let mut conn = app.db.acquire().await?;
    let mut rows = sqlx::query!(
        r#"
        SELECT f.id, f.tag_id FROM tag_follows f
        WHERE f.account_id = $1 AND f.id < $2 AND f.id > $3
        ORDER BY CASE WHEN $4 THEN f.id END ASC, f.id DESC
        LIMIT $5
        "#,
        account,
        page.below,
        page.above,
        page.ascending,
        page.limit
    )
    .fetch_all(&mut *conn)
    .await?;
    page.arrange(&mut rows);
    let mut links = Links::new(&app, &uri, params.raw());
    if let Some(last) = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(page.limit)) {
        links = links.next(last.id);
    }
    if let Some(first) = rows.first() {
        links = links.prev_since(first.id);
    }
    let ids: Vec<TagId> = rows.iter().map(|row| row.tag_id).collect();
    let tags = Tag::load_many(&mut conn, &app.kv, &app.urls, Some(account), &ids).await?;
    Ok((links, Json(tags)).into_response())
}
