//! Hashtags, and what they may be used for.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection, TagId};
use entities::{AdminTag, Id};
use http::Uri;
use serde::Deserialize;
use services::review_trend::{TagWord, review_tag};
use shared::{ApiResult, App, Auth, ById, Error, Flag, Links, Params, Permission};

const READ: [&str; 1] = ["admin:read"];
const WRITE: [&str; 1] = ["admin:write"];
const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 200;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/admin/tags", get(list)).route("/api/v1/admin/tags/{id}", get(show).put(update).patch(update))
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, page: Params<PageParams>) -> ApiResult<(Links, Json<Vec<AdminTag>>)> {
    let viewer = auth.require_permission(&READ, Permission::ManageTaxonomies)?.account_id;
    let default = app.settings().await?.trendable_by_default;
    let bounds = page.page(DEFAULT_LIMIT, MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    let ids = ids(&mut conn, bounds).await?;
    let links = super::links(&app, &uri, &page, bounds, &ids, |id| Id(*id));
    Ok((links, Json(AdminTag::load_many(&mut conn, &app.kv, &app.urls, Some(viewer), default, &ids).await?)))
}

async fn ids(conn: &mut PgConnection, page: Page) -> Result<Vec<TagId>, sqlx::Error> {
    let mut ids = sqlx::query_scalar!(
        r#"
        (SELECT id AS "id!" FROM tags WHERE $3 AND id < $1 AND id > $2 ORDER BY id LIMIT $4)
        UNION ALL
        (SELECT id FROM tags WHERE NOT $3 AND id < $1 AND id > $2 ORDER BY id DESC LIMIT $4)
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

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminTag>> {
    auth.optional(&READ)?;
    find(&mut *app.db.acquire().await?, params.id).await?;
    let viewer = auth.require_permission(&READ, Permission::ManageTaxonomies)?.account_id;
    let default = app.settings().await?.trendable_by_default;
    loaded(&app, &mut *app.db.acquire().await?, viewer, default, params.id).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    id: i64,
    display_name: Option<String>,
    trendable: Flag,
    usable: Flag,
    listable: Flag,
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Json<AdminTag>> {
    auth.optional(&WRITE)?;
    find(&mut *app.db.acquire().await?, params.id).await?;
    let moderator = auth.require_permission(&WRITE, Permission::ManageTaxonomies)?.account_id;
    let word = |name: &str, flag: Flag| params.has(name).then_some(flag.given());
    let word = TagWord {
        display_name: params.display_name.clone(),
        trendable: word("trendable", params.trendable),
        usable: word("usable", params.usable),
        listable: word("listable", params.listable),
    };
    let default = app.settings().await?.trendable_by_default;
    let mut tx = app.db.begin().await?;
    review_tag(&mut tx, params.id, &word).await?;
    let tag = loaded(&app, &mut tx, moderator, default, params.id).await?;
    tx.commit().await?;
    Ok(tag)
}

/// A tag that does not exist is told of before the role is looked at: recorded so.
async fn find(conn: &mut PgConnection, id: TagId) -> ApiResult<()> {
    db::tags::load(conn, &[id]).await?.pop().map(drop).ok_or_else(Error::not_found)
}

pub(super) async fn loaded(
    app: &App,
    conn: &mut PgConnection,
    viewer: AccountId,
    trendable_by_default: bool,
    id: TagId,
) -> ApiResult<Json<AdminTag>> {
    let tags = AdminTag::load_many(conn, &app.kv, &app.urls, Some(viewer), trendable_by_default, &[id]).await?;
    Ok(Json(tags.into_iter().next().ok_or_else(Error::not_found)?))
}
