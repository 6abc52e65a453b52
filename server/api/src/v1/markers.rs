//! How far the viewer has read.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Markers;
use http::StatusCode;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Error, IdParam, OneOrMany, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/markers", get(show).post(create))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Show {
    timeline: OneOrMany<String>,
}

async fn show(State(app): State<App>, auth: Auth, params: Params<Show>) -> ApiResult<Json<Markers>> {
    let user = auth.require_user(&["read", "read:statuses"])?;
    let timelines: Vec<String> = params.timeline.0.iter().filter(|name| !name.contains('\0')).cloned().collect();
    Ok(Json(Markers::load(&mut *app.db.acquire().await?, user.id, &timelines).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    home: Option<Position>,
    notifications: Option<Position>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    last_read_id: IdParam,
}

/// Markers go backwards as well, if a client says so.
async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<Markers>> {
    let user = auth.require_user(&["write", "write:statuses"])?;
    let given = [("home", &params.home), ("notifications", &params.notifications)];
    let given: Vec<(String, i64)> = given
        .into_iter()
        .filter_map(|(name, position)| Some((name.to_owned(), position.as_ref()?.last_read_id.get().unwrap_or_default())))
        .collect();
    let (timelines, ids): (Vec<String>, Vec<i64>) = given.into_iter().unzip();
    if timelines.is_empty() {
        return Ok(Json(Markers::default()));
    }
    let mut tx = app.db.begin().await?;
    let written = sqlx::query!(
        r#"
        INSERT INTO markers AS m (user_id, timeline, last_read_id, lock_version, created_at, updated_at)
        SELECT $1, t.timeline, t.last_read_id, 1, $4, $4
        FROM unnest($2::text[], $3::bigint[]) AS t (timeline, last_read_id)
        ON CONFLICT (user_id, timeline) DO UPDATE
        SET last_read_id = excluded.last_read_id, updated_at = excluded.updated_at, lock_version = m.lock_version + 1
        "#,
        user.id,
        &timelines,
        &ids,
        app.clock.now_naive()
    )
    .execute(&mut *tx)
    .await;
    match written {
        Ok(_) => {}
        Err(error) if is_conflict(&error) => {
            return Err(Error::new(StatusCode::CONFLICT, "Conflict during update, please try again"));
        }
        Err(error) => return Err(error.into()),
    }
    let markers = Markers::load(&mut tx, user.id, &timelines).await?;
    tx.commit().await?;
    Ok(Json(markers))
}

/// Deadlock or serialization failure: another client of the same person was at it.
fn is_conflict(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| matches!(&*code, "40001" | "40P01"))
}
