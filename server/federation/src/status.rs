//! Statuses of local accounts, their activities, and how often they were liked and shared.

use activitypub::render::collection::{Order, Parts, collection};
use activitypub::render::{Rendered, StatusActivity, Terms};
use axum::extract::{Path, State};
use axum::response::Response;
use db::{AccountId, StatusId};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use services::visibility::keep_visible;
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::{Absent, LocalAccount, PathParts};
use crate::response::{self, COLLECTION, Caching, NEGOTIATED, redirect, wants_activity};
use crate::signature;

struct StatusRow {
    reblog_of_id: Option<StatusId>,
    visibility: i32,
    pending_quote: bool,
    original_uri: Option<String>,
    original_url: Option<String>,
    original_username: Option<String>,
    original_domain: Option<String>,
}

/// What a path leads to, judged for the one who asks.
pub(crate) struct Found {
    pub(crate) account: LocalAccount,
    pub(crate) id: StatusId,
    /// Everybody may see it, so the answer may be kept.
    pub(crate) public: bool,
    row: StatusRow,
}

impl StatusRow {
    /// Where people read what was boosted.
    fn original_page(&self, uris: &db::uri::Uris) -> Option<String> {
        if self.original_domain.is_none() {
            return Some(uris.status_page(self.original_username.as_deref()?, self.reblog_of_id?));
        }
        self.original_url.clone().filter(|url| !url.is_empty()).or_else(|| self.original_uri.clone())
    }
}

pub(crate) async fn show(State(app): State<App>, Path(path): Path<PathParts>, request: signature::Parts) -> ApiResult<Response> {
    let json = path.get("status_id").is_some_and(|id| id.ends_with(".json"));
    if !json && !wants_activity(request.headers()) {
        return to_page(&app, &path).await;
    }
    answer(&app, &path, &request, false).await
}

pub(crate) async fn activity(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    request: signature::Parts,
) -> ApiResult<Response> {
    answer(&app, &path, &request, true).await
}

/// `/@alice/1` for those who ask for a document; the pages call it.
///
/// # Errors
/// The database fails.
pub async fn show_by_name(app: &App, username: &str, id: &str, headers: HeaderMap) -> ApiResult<Response> {
    let path = PathParts::from([("username".to_owned(), username.to_owned()), ("status_id".to_owned(), id.to_owned())]);
    let request = signature::Parts::get(&format!("/@{username}/{id}"), headers);
    answer(app, &path, &request, false).await
}

async fn answer(app: &App, path: &PathParts, request: &signature::Parts, as_activity: bool) -> ApiResult<Response> {
    let signer = match signature::required_if_authorized_fetch(app, request).await? {
        Ok(signer) => signer,
        Err(refused) => return Ok(refused),
    };
    let mut conn = app.db.acquire().await?;
    let found = match find(&mut conn, path, signer).await? {
        Ok(found) => found,
        Err(absent) => return Ok(absent.response(NEGOTIATED)),
    };
    if found.row.reblog_of_id.is_some() && !as_activity {
        let page = found.row.original_page(&app.renderer.uris).unwrap_or_default();
        return Ok(redirect(StatusCode::FOUND, &page, "private, no-store", NEGOTIATED.vary));
    }
    let Some(activity) = app.renderer.activities(&mut conn, &[found.id]).await?.pop() else {
        return Ok(Absent::NotFound.response(NEGOTIATED));
    };
    let (uri, rendered) = match &activity {
        StatusActivity::Create(note) if !as_activity => {
            (note.uri.clone(), Rendered { body: note.body.clone(), terms: note.terms })
        }
        StatusActivity::Create(note) => (note.uri.clone(), activity.render()),
        StatusActivity::Announce(announce) => (format!("{}/activity", announce.uri), activity.render()),
    };
    let mut response = response::activity(&rendered.into_document(), caching(app, &found));
    let link = format!("<{uri}>; rel=\"alternate\"; type=\"application/activity+json\"");
    if let Ok(link) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

fn caching(app: &App, found: &Found) -> Caching {
    if !found.public || signature::authorized_fetch(app) {
        NEGOTIATED.private()
    } else if found.row.pending_quote {
        NEGOTIATED.seconds(5)
    } else {
        NEGOTIATED
    }
}

/// The status, if it exists, is of this account, and may be seen by the signer (or by everybody).
pub(crate) async fn find(
    conn: &mut PgConnection,
    path: &PathParts,
    signer: Option<AccountId>,
) -> Result<Result<Found, Absent>, sqlx::Error> {
    let account = match LocalAccount::find_shown(conn, path).await? {
        Ok(account) => account,
        Err(absent) => return Ok(Err(absent)),
    };
    let id = path.get("status_id").map_or("", |id| id.strip_suffix(".json").unwrap_or(id));
    let Ok(id) = id.parse::<StatusId>() else { return Ok(Err(Absent::NotFound)) };
    let Some(row) = status_row(conn, account.id, id).await? else { return Ok(Err(Absent::NotFound)) };
    let visible = keep_visible(conn, signer, &[id]).await?;
    if visible.is_empty() {
        return Ok(Err(Absent::NotFound));
    }
    Ok(Ok(Found { account, id, public: matches!(row.visibility, 0 | 1), row }))
}

async fn status_row(conn: &mut PgConnection, account_id: AccountId, id: StatusId) -> Result<Option<StatusRow>, sqlx::Error> {
    sqlx::query_as!(
        StatusRow,
        r#"
        SELECT s.reblog_of_id, s.visibility,
          EXISTS (SELECT 1 FROM quotes q WHERE q.status_id = s.id AND q.state = 0) AS "pending_quote!",
          o.uri AS "original_uri?", o.url AS "original_url?", a.username AS "original_username?", a.domain AS "original_domain?"
        FROM statuses s
        LEFT JOIN statuses o ON o.id = s.reblog_of_id
        LEFT JOIN accounts a ON a.id = o.account_id
        WHERE s.id = $1 AND s.account_id = $2 AND s.deleted_at IS NULL
        "#,
        id,
        account_id
    )
    .fetch_optional(conn)
    .await
}

/// A browser is led to the page; names move for good, numbers only lead on.
async fn to_page(app: &App, path: &PathParts) -> ApiResult<Response> {
    let mut conn = app.db.acquire().await?;
    let found = match find(&mut conn, path, None).await? {
        Ok(found) => found,
        Err(absent) => return Ok(absent.response(NEGOTIATED)),
    };
    let page = app.renderer.uris.status_page(&found.account.username, found.id);
    Ok(match path.contains_key("id") {
        false => redirect(StatusCode::MOVED_PERMANENTLY, &page, "no-cache", "Accept, Origin"),
        true => redirect(StatusCode::FOUND, &page, "max-age=10, public", NEGOTIATED.vary),
    })
}

pub(crate) async fn likes(State(app): State<App>, Path(path): Path<PathParts>, request: signature::Parts) -> ApiResult<Response> {
    count(&app, &path, &request, "likes").await
}

pub(crate) async fn shares(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    request: signature::Parts,
) -> ApiResult<Response> {
    count(&app, &path, &request, "shares").await
}

/// Only numbers: who did it is nobody's business.
async fn count(app: &App, path: &PathParts, request: &signature::Parts, which: &str) -> ApiResult<Response> {
    let signer = match signature::required_if_authorized_fetch(app, request).await? {
        Ok(signer) => signer,
        Err(refused) => return Ok(refused),
    };
    let mut conn = app.db.acquire().await?;
    let found = match find(&mut conn, path, signer).await? {
        Ok(found) => found,
        Err(absent) => return Ok(absent.response(COLLECTION)),
    };
    let counts = sqlx::query!("SELECT favourites_count, reblogs_count FROM status_stats WHERE status_id = $1", found.id)
        .fetch_optional(&mut *conn)
        .await?;
    let total = counts.map_or(0, |row| if which == "likes" { row.favourites_count } else { row.reblogs_count });
    let uri = app.renderer.uris.status(&found.account.uri(&app.renderer.uris), found.id);
    let body = collection(Order::Unordered, Parts { id: Some(format!("{uri}/{which}")), total: Some(total), ..Parts::default() });
    let caching = if found.public { COLLECTION.seconds(0) } else { COLLECTION.private() };
    Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), caching))
}
