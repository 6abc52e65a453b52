//! What people think of an announcement, in one emoji.

use axum::extract::State;
use axum::routing::put;
use axum::{Json, Router};
use db::PgConnection;
use jobs::feed::AnnounceReaction;
use serde::Deserialize;
use serde_json::{Value, json};
use services::error::Error as ServiceError;
use shared::{ApiResult, App, Auth, Error, Params};

/// Different reactions to one announcement.
const MAX_NAMES: i64 = 8;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/announcements/{id}/reactions/{name}", put(update).patch(update).delete(delete))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ByName {
    id: i64,
    name: String,
}

async fn require_published(conn: &mut PgConnection, id: i64) -> ApiResult<()> {
    sqlx::query_scalar!("SELECT id FROM announcements WHERE id = $1 AND published", id)
        .fetch_optional(conn)
        .await?
        .ok_or_else(Error::not_found)?;
    Ok(())
}

/// A second one of the same name is refused.
async fn update(State(app): State<App>, auth: Auth, params: Params<ByName>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:favourites"])?.account_id;
    let mut tx = app.db.begin().await?;
    require_published(&mut tx, params.id).await?;
    let custom =
        sqlx::query_scalar!("SELECT id FROM custom_emojis WHERE shortcode = $1 AND domain IS NULL AND NOT disabled", params.name)
            .fetch_optional(&mut *tx)
            .await?;
    if custom.is_none() && !text::emoji::is_emoji(&params.name) {
        return Err(ServiceError::invalid("Name is not a recognized emoji").into());
    }
    let others = sqlx::query_scalar!(
        r#"SELECT count(DISTINCT name) AS "count!" FROM announcement_reactions WHERE announcement_id = $1 AND name <> $2"#,
        params.id,
        params.name
    )
    .fetch_one(&mut *tx)
    .await?;
    if others >= MAX_NAMES {
        return Err(ServiceError::invalid("Limit of different reactions reached").into());
    }
    sqlx::query!(
        r#"
        INSERT INTO announcement_reactions (announcement_id, account_id, name, custom_emoji_id, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        "#,
        params.id,
        account,
        params.name,
        custom,
        app.clock.now_naive()
    )
    .execute(&mut *tx)
    .await?;
    tell_later(&mut tx, &params).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ByName>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:favourites"])?.account_id;
    let mut tx = app.db.begin().await?;
    require_published(&mut tx, params.id).await?;
    let gone = sqlx::query!(
        "DELETE FROM announcement_reactions WHERE announcement_id = $1 AND account_id = $2 AND name = $3",
        params.id,
        account,
        params.name
    )
    .execute(&mut *tx)
    .await?;
    if gone.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    tell_later(&mut tx, &params).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn tell_later(conn: &mut PgConnection, reaction: &ByName) -> ApiResult<()> {
    let job = AnnounceReaction { announcement_id: reaction.id, name: reaction.name.clone() };
    jobs::enqueue(conn, &job).await.map_err(anyhow::Error::from)?;
    Ok(())
}
