//! Statuses.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::{AccountId, PageParams, PgConnection, StatusId};
use entities::Status;
use serde_json::{Map, Value};
use shared::{ApiResult, App, Auth, Links, Locale, Params, cache};

use super::{Offset, Scope, Slice};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 40;

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
    slice.links(app, "/api/v1/trends/statuses", params, shown)
}

pub(in crate::v1) async fn public(
    conn: &mut PgConnection,
    app: &App,
    auth: &Auth,
    locale: &Locale,
    scope: Scope,
    slice: Slice,
) -> ApiResult<Vec<Status>> {
    let viewer = auth.account_id();
    let ids = match scope {
        Scope::Nothing => Vec::new(),
        _ => allowed(conn, viewer, &super::preferred(auth, locale), slice).await?,
    };
    Ok(Status::load_many(conn, &app.urls, viewer, &ids).await?)
}

/// Those in one of `languages` first, then by score; without whom the viewer blocks or mutes or is blocked by, and without
/// servers that they block. What a moderator did to an author counts at once, not only when trends are next refreshed.
async fn allowed(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    languages: &[String],
    slice: Slice,
) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT s.id FROM status_trends t JOIN statuses s ON s.id = t.status_id JOIN accounts a ON a.id = s.account_id
        WHERE t.allowed AND s.deleted_at IS NULL AND s.visibility = 0 AND a.suspended_at IS NULL AND a.silenced_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = $1 AND b.target_account_id = a.id)
          AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = a.id AND b.target_account_id = $1)
          AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = $1 AND m.target_account_id = a.id
                          AND (m.expires_at IS NULL OR m.expires_at > now() AT TIME ZONE 'utc'))
          AND NOT EXISTS (SELECT 1 FROM account_domain_blocks d WHERE d.account_id = $1 AND d.domain = a.domain)
        ORDER BY COALESCE(t.language = ANY($2::text[]), false) DESC, t.score DESC, t.id OFFSET $3 LIMIT $4
        "#,
        viewer,
        languages,
        slice.offset,
        slice.limit
    )
    .fetch_all(conn)
    .await
}

/// All that trend, by score alone.
pub(in crate::v1) async fn all(conn: &mut PgConnection, slice: Slice) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT s.id FROM status_trends t JOIN statuses s ON s.id = t.status_id
        WHERE s.deleted_at IS NULL AND s.visibility = 0
        ORDER BY t.score DESC, t.id OFFSET $1 LIMIT $2
        "#,
        slice.offset,
        slice.limit
    )
    .fetch_all(conn)
    .await
}
