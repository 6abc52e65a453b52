//! Uploads, until a status shows them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use db::media_attachments::{kind, processing};
use db::{AccountId, PgConnection};
use entities::MediaAttachment;
use http::StatusCode;
use media::Focus;
use serde::Deserialize;
use serde_json::{Value, json};
use services::upload_media::{self, Owned};
use shared::{ApiResult, App, Auth, ById, Error, Params, Upload};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/media", post(create))
        .route("/api/v1/media/{id}", get(show).put(update).patch(update).delete(delete))
}

const WRITE: [&str; 2] = ["write", "write:media"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Create {
    description: Option<String>,
    focus: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    id: i64,
    description: Option<String>,
    focus: Option<String>,
}

/// Answers when all is done.
async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<MediaAttachment>> {
    upload(&app, &auth, &params, false).await.map(Json)
}

/// Takes the file of the request. With `delayed`, films and sounds are converted later.
pub(crate) async fn upload(app: &App, auth: &Auth, params: &Params<Create>, delayed: bool) -> ApiResult<MediaAttachment> {
    let account = auth.require_user(&WRITE)?.account_id;
    let description = params.description.as_deref();
    description.map(upload_media::clean_description).transpose()?;
    let file = params.take_file("file").ok_or_else(|| refusal(media::blank_file()))?;
    let processed = app
        .media
        .process(media::Upload {
            path: file.file.path(),
            file_name: file.file_name.as_deref().unwrap_or_default(),
            remote: false,
            focus: params.focus.as_deref().and_then(Focus::parse),
            delay_original: delayed,
        })
        .await
        .map_err(refusal)?;
    let thumbnail = match params.take_file("thumbnail") {
        Some(file) => Some(thumbnail(app, processed.kind.code(), &file).await?),
        None => None,
    };
    let id = upload_media::next_id(&mut *app.db.acquire().await?).await?;
    let placed = upload_media::place(&app.store, id, processed, thumbnail).await?;
    let written = write(app, account, &placed, description).await;
    if written.is_err() {
        placed.discard(&app.store).await;
    }
    written
}

async fn write(
    app: &App,
    account: AccountId,
    placed: &upload_media::Placed,
    description: Option<&str>,
) -> ApiResult<MediaAttachment> {
    let mut tx = app.db.begin().await?;
    upload_media::insert(&mut tx, account, placed, description).await?;
    let entity = load(app, &mut tx, placed.id).await?;
    tx.commit().await?;
    Ok(entity)
}

async fn load(app: &App, conn: &mut PgConnection, id: i64) -> ApiResult<MediaAttachment> {
    MediaAttachment::load(conn, &app.urls, id).await?.ok_or_else(Error::not_found)
}

/// Only films and sounds have a picture of their own.
async fn thumbnail(app: &App, of: i32, file: &Upload) -> ApiResult<media::Thumbnail> {
    if !matches!(of, kind::VIDEO | kind::AUDIO) {
        return Err(Error::unprocessable("Validation failed: Thumbnail must be blank"));
    }
    let name = file.file_name.as_deref().unwrap_or_default();
    app.media.thumbnail(file.file.path(), name).await.map_err(refusal)
}

fn refusal(error: media::Error) -> Error {
    match error {
        media::Error::Refused(text) => Error::unprocessable(text),
        media::Error::Processing(cause) => {
            tracing::info!(cause, "an upload could not be worked on");
            Error::new(StatusCode::INTERNAL_SERVER_ERROR, "Error processing thumbnail for uploaded media")
        }
        media::Error::Io(error) => error.into(),
    }
}

fn require_usable(owned: &Owned) -> ApiResult<()> {
    if owned.processing == Some(processing::FAILED) {
        return Err(Error::unprocessable("Error processing thumbnail for uploaded media"));
    }
    Ok(())
}

/// 206 as long as the file is not ready.
fn answer(owned: &Owned, entity: MediaAttachment) -> Response {
    let ready = owned.processing.is_none_or(|state| state == processing::COMPLETE);
    (if ready { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT }, Json(entity)).into_response()
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Response> {
    let account = auth.require_user(&WRITE)?.account_id;
    let mut conn = app.db.acquire().await?;
    let owned = upload_media::find_unattached(&mut conn, account, params.id).await?;
    require_usable(&owned)?;
    Ok(answer(&owned, load(&app, &mut conn, params.id).await?))
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Response> {
    let account = auth.require_user(&WRITE)?.account_id;
    let owned = upload_media::find_unattached(&mut *app.db.acquire().await?, account, params.id).await?;
    require_usable(&owned)?;
    params.description.as_deref().map(upload_media::clean_description).transpose()?;
    let picture = match params.take_file("thumbnail") {
        Some(file) => {
            let made = thumbnail(&app, owned.kind, &file).await?;
            let name = upload_media::place_thumbnail(&app.store, params.id, &made).await?;
            Some((name, made))
        }
        None => None,
    };
    let mut tx = app.db.begin().await?;
    // Meanwhile a status may have taken it.
    let owned = upload_media::find_unattached(&mut tx, account, params.id).await?;
    upload_media::update(&mut tx, params.id, params.description.as_deref(), params.focus.as_deref()).await?;
    if let Some((name, made)) = &picture {
        upload_media::set_thumbnail(&mut tx, params.id, name, made, owned.thumbnail_file_name.as_deref()).await?;
    }
    let entity = load(&app, &mut tx, params.id).await?;
    tx.commit().await?;
    Ok(answer(&owned, entity))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    upload_media::delete(&mut tx, account, params.id).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
