//! Hashtags.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::{PageParams, PgConnection, TagId};
use entities::Tag;
use serde_json::{Map, Value};
use shared::{ApiResult, App, Auth, Links, Params, cache};

use super::{Offset, Scope, Slice};

const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 20;

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    params: Params<Offset>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    let slice = slice(&params, &page);
    let scope = Scope::public(app.settings().await?.trends);
    let mut conn = app.db.acquire().await?;
    let ids = ids(&mut conn, scope, slice).await?;
    let tags = Tag::load_many(&mut conn, &app.kv, &app.urls, auth.account_id(), &ids).await?;
    Ok((cache::for_visitors(&app, &auth), links(&app, params.raw(), slice, tags.len()), Json(tags)).into_response())
}

pub(in crate::v1) fn slice(offset: &Offset, page: &PageParams) -> Slice {
    Slice::new(offset, page, DEFAULT_LIMIT, MAX_LIMIT)
}

pub(in crate::v1) fn links(app: &App, params: &Map<String, Value>, slice: Slice, shown: usize) -> Links {
    slice.links(app, "/api/v1/trends/tags", params, shown)
}

/// The best first. Hashtags have no language.
pub(in crate::v1) async fn ids(conn: &mut PgConnection, scope: Scope, slice: Slice) -> Result<Vec<TagId>, sqlx::Error> {
    if scope == Scope::Nothing {
        return Ok(Vec::new());
    }
    sqlx::query_scalar!(
        "SELECT tag_id FROM tag_trends WHERE allowed OR $1 ORDER BY score DESC, id OFFSET $2 LIMIT $3",
        scope == Scope::All,
        slice.offset,
        slice.limit
    )
    .fetch_all(conn)
    .await
}
