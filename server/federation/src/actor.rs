//! Actor documents, or the way to the page for those who read HTML.

use axum::extract::{Path, State};
use axum::response::Response;
use db::uri::INSTANCE_ACTOR;
use http::{HeaderMap, StatusCode, Uri, header};
use kv::actor_document;
use shared::{ApiResult, App};

use crate::account::{Absent, LocalAccount, PathParts, Suspension};
use crate::response::{self, ACTIVITY_JSON, COLLECTION, Caching, NEGOTIATED, redirect, wants_activity};
use crate::signature;

pub(crate) async fn show(State(app): State<App>, Path(path): Path<PathParts>, request: signature::Parts) -> ApiResult<Response> {
    answer(&app, &path, &request).await
}

/// `/users/alice` for everybody but feed readers.
///
/// # Errors
/// The database fails.
pub async fn show_user(app: &App, username: &str, uri: &Uri, headers: HeaderMap) -> ApiResult<Response> {
    let path = PathParts::from([("username".to_owned(), username.to_owned())]);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    answer(app, &path, &signature::Parts::get(target, headers)).await
}

async fn answer(app: &App, path: &PathParts, request: &signature::Parts) -> ApiResult<Response> {
    let named = path.values().any(|part| part.ends_with(".json"));
    let mut conn = app.db.acquire().await?;
    let account = LocalAccount::find(&mut conn, path).await?;
    if !named && !wants_activity(request.headers()) {
        return Ok(to_page(app, account.as_ref(), path.contains_key("id")));
    }
    let Some(account) = account else { return Ok(Absent::NotFound.response(NEGOTIATED)) };
    if account.suspension == Suspension::Permanent {
        return Ok(Absent::Gone.response(NEGOTIATED));
    }
    drop(conn);
    if let Err(refused) = signature::required_if_authorized_fetch(app, request).await? {
        return Ok(refused);
    }
    document(app, account.id).await
}

/// `/@alice` for those who ask for a document; the pages call it. `None` if there is no such account.
///
/// # Errors
/// The database fails.
pub async fn show_by_name(app: &App, username: &str, headers: HeaderMap) -> ApiResult<Response> {
    let path = PathParts::from([("username".to_owned(), username.to_owned())]);
    let mut conn = app.db.acquire().await?;
    let Some(account) = LocalAccount::find(&mut conn, &path).await? else {
        return Ok(Absent::NotFound.response(NEGOTIATED));
    };
    if account.suspension == Suspension::Permanent {
        return Ok(Absent::Gone.response(NEGOTIATED));
    }
    drop(conn);
    let request = signature::Parts::get(&format!("/@{username}"), headers);
    if let Err(refused) = signature::required_if_authorized_fetch(app, &request).await? {
        return Ok(refused);
    }
    document(app, account.id).await
}

/// The account of the server itself; always public, since others need its key to check our requests.
pub(crate) async fn instance(State(app): State<App>) -> ApiResult<Response> {
    let mut conn = app.db.acquire().await?;
    let actor = app.renderer.actor(&mut conn, INSTANCE_ACTOR).await?;
    Ok(match actor {
        Some(actor) => response::activity(&actor.into_document(), COLLECTION.seconds(600)),
        None => Absent::NotFound.response(COLLECTION),
    })
}

/// Named in the document, since every actor has one; the server itself says nothing (recorded: 404).
pub(crate) async fn instance_outbox() -> Response {
    Absent::NotFound.response(Caching { seconds: None, vary: "Authorization" })
}

/// The one that was given in the last minutes, else a new one.
async fn document(app: &App, id: db::AccountId) -> ApiResult<Response> {
    if let Ok(Some(kept)) = actor_document::kept(&app.kv, id).await {
        return Ok(response::rendered(kept, ACTIVITY_JSON, NEGOTIATED));
    }
    let mut conn = app.db.acquire().await?;
    let Some(actor) = app.renderer.actor(&mut conn, id).await? else { return Ok(Absent::NotFound.response(NEGOTIATED)) };
    drop(conn);
    let document = actor.into_document().to_string();
    if let Err(error) = actor_document::keep(&app.kv, id, &document).await {
        tracing::debug!(target: "ferrodon", %error, "an actor document is not kept");
    }
    Ok(response::rendered(document, ACTIVITY_JSON, NEGOTIATED))
}

/// Names move for good, numbers only lead on (recorded: 301 and 302).
fn to_page(app: &App, account: Option<&LocalAccount>, by_number: bool) -> Response {
    let Some(account) = account else { return Absent::NotFound.response(NEGOTIATED) };
    let uris = &app.renderer.uris;
    let page = uris.account_page(&account.username);
    if !by_number {
        return redirect(StatusCode::MOVED_PERMANENTLY, &page, "no-cache", "Accept");
    }
    let cache = "max-age=15, public, stale-while-revalidate=30, stale-if-error=3600";
    let mut response = redirect(StatusCode::FOUND, &page, cache, NEGOTIATED.vary);
    let link = format!(
        "<{}/.well-known/webfinger?resource=acct%3A{}%40{}>; rel=\"lrdd\"; type=\"application/jrd+json\", \
         <{}>; rel=\"alternate\"; type=\"application/activity+json\"",
        uris.base(),
        account.username,
        app.config.federation.local_domain,
        account.uri(uris),
    );
    if let Ok(link) = link.parse() {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}
