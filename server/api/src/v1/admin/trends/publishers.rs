//! Those whose links trend.

use axum::Json;
use axum::extract::State;
use db::{Page, PageParams, PgConnection};
use entities::{Id, PreviewCardProvider};
use http::Uri;
use services::review_trend::{Reviewed, review_trend};
use shared::{ApiResult, App, Auth, ById, Error, Links, Params, Permission};

use super::{READ, WRITE};

const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 200;

pub(super) async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<PreviewCardProvider>>)> {
    auth.require_permission(&READ, Permission::ManageTaxonomies)?;
    let bounds = page.page(DEFAULT_LIMIT, MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    let ids = ids(&mut conn, bounds).await?;
    let links = crate::v1::admin::links(&app, &uri, &page, bounds, &ids, |id| Id(*id));
    Ok((links, Json(PreviewCardProvider::load_many(&mut conn, &ids).await?)))
}

async fn ids(conn: &mut PgConnection, page: Page) -> Result<Vec<i64>, sqlx::Error> {
    let mut ids = sqlx::query_scalar!(
        r#"
        SELECT id FROM preview_card_providers WHERE id < $1 AND id > $2
        ORDER BY CASE WHEN $3 THEN id ELSE -id END LIMIT $4
        "#,
        page.below,
        page.above,
        page.ascending,
        page.limit
    )
    .fetch_all(conn)
    .await?;
    page.arrange(&mut ids);
    Ok(ids)
}

pub(super) async fn approve(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<PreviewCardProvider>> {
    decide(&app, &auth, params.id, true).await
}

pub(super) async fn reject(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<PreviewCardProvider>> {
    decide(&app, &auth, params.id, false).await
}

async fn decide(app: &App, auth: &Auth, id: i64, trendable: bool) -> ApiResult<Json<PreviewCardProvider>> {
    auth.require_permission(&WRITE, Permission::ManageTaxonomies)?;
    let mut tx = app.db.begin().await?;
    review_trend(&mut tx, Reviewed::Publisher(id), trendable).await?;
    let publishers = PreviewCardProvider::load_many(&mut tx, &[id]).await?;
    tx.commit().await?;
    Ok(Json(publishers.into_iter().next().ok_or_else(Error::not_found)?))
}
