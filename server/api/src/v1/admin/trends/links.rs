//! Links.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::PageParams;
use entities::AdminTrendsLink;
use services::review_trend::{Reviewed, review_trend};
use shared::{ApiResult, App, Auth, ById, Error, Locale, Params, Permission, cache};

use super::{READ, WRITE};
use crate::v1::trends::{Offset, Scope, links};

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    locale: Locale,
    params: Params<Offset>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    auth.optional(&READ)?;
    let slice = links::slice(&params, &page);
    let scope = Scope::moderated(&auth, app.settings().await?.trends);
    let mut conn = app.db.acquire().await?;
    if scope == Scope::All {
        let ids = links::ids(&mut conn, scope, &[], slice).await?;
        let shown = AdminTrendsLink::load_many(&mut conn, &app.kv, &app.urls, auth.account_id(), &ids).await?;
        return Ok((links::links(&app, params.raw(), slice, shown.len()), Json(shown)).into_response());
    }
    let shown = links::public(&mut conn, &app, &auth, &locale, scope, slice).await?;
    let links = links::links(&app, params.raw(), slice, shown.len());
    Ok((cache::for_visitors(&app, &auth), links, Json(shown)).into_response())
}

pub(super) async fn approve(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminTrendsLink>> {
    decide(&app, &auth, params.id, true).await
}

pub(super) async fn reject(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminTrendsLink>> {
    decide(&app, &auth, params.id, false).await
}

async fn decide(app: &App, auth: &Auth, id: i64, trendable: bool) -> ApiResult<Json<AdminTrendsLink>> {
    let moderator = auth.require_permission(&WRITE, Permission::ManageTaxonomies)?.account_id;
    let mut tx = app.db.begin().await?;
    review_trend(&mut tx, Reviewed::Link(id), trendable).await?;
    let links = AdminTrendsLink::load_many(&mut tx, &app.kv, &app.urls, Some(moderator), &[id]).await?;
    tx.commit().await?;
    Ok(Json(links.into_iter().next().ok_or_else(Error::not_found)?))
}
