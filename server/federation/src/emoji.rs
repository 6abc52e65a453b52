//! Custom emoji of this server, whose ids stand in notes and actors.

use axum::extract::{Path, State};
use axum::response::Response;
use shared::{ApiResult, App};

use crate::account::Absent;
use crate::response::{self, COLLECTION};

/// To anybody, in secure mode too: an emoji tells nothing about people.
pub(crate) async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult<Response> {
    let Ok(id) = id.strip_suffix(".json").unwrap_or(&id).parse() else { return Ok(Absent::NotFound.response(COLLECTION)) };
    let emoji = app.renderer.custom_emoji(&mut *app.db.acquire().await?, id).await?;
    Ok(match emoji {
        Some(emoji) => response::activity(&emoji.into_document(), COLLECTION),
        None => Absent::NotFound.response(COLLECTION),
    })
}
