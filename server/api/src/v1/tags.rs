//! One hashtag, following it, and showing it on one's profile.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{AccountId, PgConnection, TagId};
use entities::Tag;
use jobs::feed::UnmergeTag;
use serde::Deserialize;
use services::draft::hashtags;
use services::feature_tag::{feature_tag, unfeature_tag};
use shared::{ApiResult, App, Auth, Error, Params, cache};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/tags/{id}", get(show))
        .route("/api/v1/tags/{id}/feature", post(feature))
        .route("/api/v1/tags/{id}/follow", post(follow))
        .route("/api/v1/tags/{id}/unfeature", post(unfeature))
        .route("/api/v1/tags/{id}/unfollow", post(unfollow))
}

const FOLLOW: [&str; 3] = ["follow", "write", "write:follows"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ByName {
    id: String,
}

impl ByName {
    fn checked(&self) -> ApiResult<&str> {
        if text::hashtag::is_valid(&self.id) { Ok(&self.id) } else { Err(Error::not_found_plain()) }
    }
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ByName>) -> ApiResult<Response> {
    let name = params.checked()?;
    let mut conn = app.db.acquire().await?;
    let tag = match db::tags::find_by_name(&mut conn, &text::hashtag::normalize(name)).await? {
        Some(row) => load(&mut conn, &app, auth.account_id(), row.id).await?,
        None => {
            Tag::unused(&text::hashtag::normalize(name), &text::hashtag::display_name(name), auth.user().is_some(), &app.urls)
        }
    };
    Ok((cache::for_visitors(&app, &auth), Json(tag)).into_response())
}

async fn load(conn: &mut PgConnection, app: &App, viewer: Option<AccountId>, id: TagId) -> ApiResult<Tag> {
    let tags = Tag::load_many(conn, &app.kv, &app.urls, viewer, &[id]).await?;
    tags.into_iter().next().ok_or_else(Error::not_found_plain)
}

async fn find_or_create(conn: &mut PgConnection, name: &str) -> ApiResult<TagId> {
    let ids = hashtags::find_or_create(conn, &[name.to_owned()]).await?;
    ids.first().copied().ok_or_else(Error::not_found_plain)
}

async fn follow(State(app): State<App>, auth: Auth, params: Params<ByName>) -> ApiResult<Json<Tag>> {
    let account = auth.require_user(&FOLLOW)?.account_id;
    let name = params.checked()?;
    let mut tx = app.db.begin().await?;
    let id = find_or_create(&mut tx, name).await?;
    sqlx::query!(
        r#"
        INSERT INTO tag_follows (tag_id, account_id, created_at, updated_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT (account_id, tag_id) DO NOTHING
        "#,
        id,
        account,
        app.clock.now_naive()
    )
    .execute(&mut *tx)
    .await?;
    let tag = load(&mut tx, &app, Some(account), id).await?;
    tx.commit().await?;
    Ok(Json(tag))
}

async fn unfollow(State(app): State<App>, auth: Auth, params: Params<ByName>) -> ApiResult<Json<Tag>> {
    let account = auth.require_user(&FOLLOW)?.account_id;
    let name = params.checked()?;
    let mut tx = app.db.begin().await?;
    let id = find_or_create(&mut tx, name).await?;
    let gone =
        sqlx::query!("DELETE FROM tag_follows WHERE tag_id = $1 AND account_id = $2", id, account).execute(&mut *tx).await?;
    if gone.rows_affected() > 0 {
        jobs::enqueue(&mut tx, &UnmergeTag { tag_id: id, account_id: account }).await.map_err(anyhow::Error::from)?;
    }
    let tag = load(&mut tx, &app, Some(account), id).await?;
    tx.commit().await?;
    Ok(Json(tag))
}

/// Once more changes nothing.
async fn feature(State(app): State<App>, auth: Auth, params: Params<ByName>) -> ApiResult<Json<Tag>> {
    let account = auth.require_user(&["write", "write:accounts"])?.account_id;
    let name = params.checked()?;
    let mut tx = app.db.begin().await?;
    feature_tag(&mut tx, &app.renderer, account, name).await?;
    let id = find_or_create(&mut tx, name).await?;
    let tag = load(&mut tx, &app, Some(account), id).await?;
    tx.commit().await?;
    Ok(Json(tag))
}

async fn unfeature(State(app): State<App>, auth: Auth, params: Params<ByName>) -> ApiResult<Json<Tag>> {
    let account = auth.require_user(&["write", "write:accounts"])?.account_id;
    let name = params.checked()?;
    let mut tx = app.db.begin().await?;
    let id = find_or_create(&mut tx, name).await?;
    let featured = sqlx::query_scalar!("SELECT id FROM featured_tags WHERE account_id = $1 AND tag_id = $2", account, id)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(featured) = featured {
        unfeature_tag(&mut tx, &app.renderer, account, featured).await?;
    }
    let tag = load(&mut tx, &app, Some(account), id).await?;
    tx.commit().await?;
    Ok(Json(tag))
}
