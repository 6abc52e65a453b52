//! The address of a hashtag for servers: a collection that says nothing but that it exists.

use activitypub::render::collection::{Order, Parts, collection};
use activitypub::render::{Rendered, Terms};
use axum::response::Response;
use http::{HeaderMap, Uri};
use shared::{ApiResult, App};

use crate::account::Absent;
use crate::response::{self, NEGOTIATED};
use crate::signature;

/// `/tags/rust` for those who ask for a document.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, name: &str, uri: &Uri, headers: HeaderMap) -> ApiResult<Response> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    if let Err(refused) = signature::required_if_authorized_fetch(app, &signature::Parts::get(target, headers)).await? {
        return Ok(refused);
    }
    if name.contains('\0') {
        return Ok(Absent::NotFound.response(NEGOTIATED));
    }
    let found = sqlx::query_scalar!(
        "SELECT name FROM tags WHERE lower(name) = lower($1) AND usable IS NOT FALSE",
        text::hashtag::normalize(name)
    )
    .fetch_optional(&mut *app.db.acquire().await?)
    .await?;
    let Some(name) = found else { return Ok(Absent::NotFound.response(NEGOTIATED)) };
    let body = collection(Order::Ordered, Parts { id: Some(app.renderer.uris.tag(&name)), ..Parts::default() });
    let caching = if signature::authorized_fetch(app) { NEGOTIATED.private() } else { NEGOTIATED };
    Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), caching))
}
