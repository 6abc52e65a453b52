//! Hashtags.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::PageParams;
use entities::{AdminTag, Tag};
use services::review_trend::{Reviewed, review_trend};
use shared::{ApiResult, App, Auth, ById, Params, Permission, cache};

use super::{READ, WRITE};
use crate::v1::admin::tags::loaded;
use crate::v1::trends::{Offset, Scope, tags};

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    params: Params<Offset>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    auth.optional(&READ)?;
    let slice = tags::slice(&params, &page);
    let settings = app.settings().await?;
    let scope = Scope::moderated(&auth, settings.trends);
    let viewer = auth.account_id();
    let mut conn = app.db.acquire().await?;
    let ids = tags::ids(&mut conn, scope, slice).await?;
    let links = tags::links(&app, params.raw(), slice, ids.len());
    if scope == Scope::All {
        let default = settings.trendable_by_default;
        let tags = AdminTag::load_many(&mut conn, &app.kv, &app.urls, viewer, default, &ids).await?;
        return Ok((links, Json(tags)).into_response());
    }
    let tags = Tag::load_many(&mut conn, &app.kv, &app.urls, viewer, &ids).await?;
    Ok((cache::for_visitors(&app, &auth), links, Json(tags)).into_response())
}

pub(super) async fn approve(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminTag>> {
    decide(&app, &auth, params.id, true).await
}

pub(super) async fn reject(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminTag>> {
    decide(&app, &auth, params.id, false).await
}

async fn decide(app: &App, auth: &Auth, id: i64, trendable: bool) -> ApiResult<Json<AdminTag>> {
    let moderator = auth.require_permission(&WRITE, Permission::ManageTaxonomies)?.account_id;
    let default = app.settings().await?.trendable_by_default;
    let mut tx = app.db.begin().await?;
    review_trend(&mut tx, Reviewed::Tag(id), trendable).await?;
    let tag = loaded(app, &mut tx, moderator, default, id).await?;
    tx.commit().await?;
    Ok(tag)
}
