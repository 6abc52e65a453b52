//! Links to articles.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::{PageParams, PgConnection};
use entities::TrendsLink;
use serde_json::{Map, Value};
use shared::{ApiResult, App, Auth, Links, Locale, Params, cache};

use super::{Offset, Scope, Slice};

const DEFAULT_LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 20;

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    locale: Locale,
    params: Params<Offset>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    let slice = slice(&params, &page);
    let scope = Scope::public(app.settings().await?.trends);
    let mut conn = app.db.acquire().await?;
    let shown = public(&mut conn, &app, &auth, &locale, scope, slice).await?;
    Ok((cache::for_visitors(&app, &auth), links(&app, params.raw(), slice, shown.len()), Json(shown)).into_response())
}

pub(in crate::v1) fn slice(offset: &Offset, page: &PageParams) -> Slice {
    Slice::new(offset, page, DEFAULT_LIMIT, MAX_LIMIT)
}

pub(in crate::v1) fn links(app: &App, params: &Map<String, Value>, slice: Slice, shown: usize) -> Links {
    slice.links(app, "/api/v1/trends/links", params, shown)
}

pub(in crate::v1) async fn public(
    conn: &mut PgConnection,
    app: &App,
    auth: &Auth,
    locale: &Locale,
    scope: Scope,
    slice: Slice,
) -> ApiResult<Vec<TrendsLink>> {
    let ids = ids(conn, scope, &super::preferred(auth, locale), slice).await?;
    Ok(TrendsLink::load_many(conn, &app.kv, &app.urls, auth.account_id(), &ids).await?)
}

/// Those in one of `languages` first, then by score.
pub(in crate::v1) async fn ids(
    conn: &mut PgConnection,
    scope: Scope,
    languages: &[String],
    slice: Slice,
) -> Result<Vec<i64>, sqlx::Error> {
    if scope == Scope::Nothing {
        return Ok(Vec::new());
    }
    sqlx::query_scalar!(
        r#"
        SELECT preview_card_id FROM preview_card_trends WHERE allowed OR $1
        ORDER BY COALESCE(language = ANY($2::text[]), false) DESC, score DESC, id OFFSET $3 LIMIT $4
        "#,
        scope == Scope::All,
        languages,
        slice.offset,
        slice.limit
    )
    .fetch_all(conn)
    .await
}
