//! Statuses.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::PageParams;
use entities::AdminTrendsStatus;
use services::review_trend::{Reviewed, review_trend};
use shared::{ApiResult, App, Auth, ById, Error, Locale, Params, Permission, cache};

use super::{READ, WRITE};
use crate::v1::trends::{Offset, Scope, statuses};

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    locale: Locale,
    params: Params<Offset>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    auth.optional(&READ)?;
    let slice = statuses::slice(&params, &page);
    let scope = Scope::moderated(&auth, app.settings().await?.trends);
    let mut conn = app.db.acquire().await?;
    if let (Scope::All, Some(moderator)) = (scope, auth.account_id()) {
        let ids = statuses::all(&mut conn, slice).await?;
        let shown = AdminTrendsStatus::load_many(&mut conn, &app.urls, moderator, &ids).await?;
        return Ok((statuses::links(&app, params.raw(), slice, shown.len()), Json(shown)).into_response());
    }
    let shown = statuses::public(&mut conn, &app, &auth, &locale, scope, slice).await?;
    let links = statuses::links(&app, params.raw(), slice, shown.len());
    Ok((cache::for_visitors(&app, &auth), links, Json(shown)).into_response())
}

pub(super) async fn approve(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminTrendsStatus>> {
    decide(&app, &auth, params.id, true).await
}

pub(super) async fn reject(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminTrendsStatus>> {
    decide(&app, &auth, params.id, false).await
}

async fn decide(app: &App, auth: &Auth, id: i64, trendable: bool) -> ApiResult<Json<AdminTrendsStatus>> {
    let moderator = auth.require_permission(&WRITE, Permission::ManageTaxonomies)?.account_id;
    let mut tx = app.db.begin().await?;
    review_trend(&mut tx, Reviewed::Status(id), trendable).await?;
    let statuses = AdminTrendsStatus::load_many(&mut tx, &app.urls, moderator, &[id]).await?;
    tx.commit().await?;
    Ok(Json(statuses.into_iter().next().ok_or_else(Error::not_found)?))
}
