//! oEmbed: how another page shows a public post of this server.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use db::{PgConnection, StatusId};
use entities::Status;
use serde::{Deserialize, Serialize};
use services::visibility::is_visible;
use shared::{ApiResult, App, Auth, Error, Params};

const DEFAULT_WIDTH: u32 = 400;
const CACHE_SECONDS: u32 = 86_400;

pub(super) fn routes() -> Router<App> {
    Router::new() //
        .route("/api/oembed", get(show))
        .route("/api/web/embeds/{id}", get(show_for_web))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Show {
    url: String,
    maxwidth: Option<u32>,
    maxheight: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Oembed {
    #[serde(rename = "type")]
    kind: &'static str,
    version: &'static str,
    author_name: String,
    author_url: String,
    provider_name: String,
    provider_url: String,
    cache_age: u32,
    html: String,
    width: u32,
    height: Option<u32>,
}

async fn show(State(app): State<App>, params: Params<Show>) -> ApiResult<Json<Oembed>> {
    let id = status_in(&app, &params.url).ok_or_else(Error::not_found)?;
    let mut conn = app.db.acquire().await?;
    if !is_local(&mut conn, id).await? {
        return Err(Error::not_found());
    }
    let size = (params.maxwidth.unwrap_or(DEFAULT_WIDTH), params.maxheight);
    Ok(Json(describe(&mut conn, &app, id, size).await?))
}

/// The same for the web client's own dialogue.
async fn show_for_web(State(app): State<App>, _auth: Auth, Path(id): Path<String>) -> ApiResult<Json<Oembed>> {
    let id = id.parse::<StatusId>().map_err(|_| Error::not_found_plain())?;
    let mut conn = app.db.acquire().await?;
    if !is_local(&mut conn, id).await? {
        return Err(Error::not_found_plain());
    }
    Ok(Json(describe(&mut conn, &app, id, (DEFAULT_WIDTH, None)).await?))
}

async fn describe(conn: &mut PgConnection, app: &App, id: StatusId, size: (u32, Option<u32>)) -> ApiResult<Oembed> {
    if !is_visible(conn, None, id).await? {
        return Err(Error::not_found_plain());
    }
    let status = Status::load(conn, &app.urls, None, id).await?.ok_or_else(Error::not_found_plain)?;
    let account = &status.account;
    let page = app.urls.uris().status_page(&account.username, id);
    let name = if account.display_name.is_empty() { &account.username } else { &account.display_name };
    Ok(Oembed {
        kind: "rich",
        version: "1.0",
        author_name: name.clone(),
        author_url: account.url.clone(),
        provider_name: app.urls.local_domain().to_owned(),
        provider_url: format!("{}/", app.urls.base()),
        cache_age: CACHE_SECONDS,
        html: html(&page, &account.username, app.urls.local_domain(), app.urls.base()),
        width: size.0,
        height: size.1,
    })
}

/// A box with a link that works everywhere; the script puts the post itself into its place. Mastodon's own box is its artwork
/// and not ours to give.
fn html(page: &str, username: &str, domain: &str, base: &str) -> String {
    format!(
        "<blockquote class=\"mastodon-embed\" data-embed-url=\"{page}/embed\" style=\"background: #f7f7fb; \
         border: 1px solid #c9c9d6; border-radius: 8px; margin: 0; max-width: 540px; min-width: 270px; overflow: hidden; \
         padding: 0;\"> <a href=\"{page}\" target=\"_blank\" rel=\"noopener\" style=\"color: #1c1c25; display: block; \
         font-family: system-ui, sans-serif; font-size: 14px; line-height: 20px; padding: 24px; text-align: center; \
         text-decoration: none;\"> <div style=\"color: #6c6c7a;\">Post by @{username}@{domain}</div> \
         <div style=\"font-weight: 500;\">View on {domain}</div> </a> </blockquote> \
         <script data-allowed-prefixes=\"{base}/\" async src=\"{base}/embed.js\"></script>"
    )
}

/// The id in an address of this server that names a post: `/@alice/1` or a URI.
fn status_in(app: &App, url: &str) -> Option<StatusId> {
    let path = app.urls.uris().local_path(url)?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let id = match parts.as_slice() {
        [name, id] if name.starts_with('@') => id,
        ["users", _, "statuses", id] | ["ap", "users", _, "statuses", id] => id,
        _ => return None,
    };
    id.parse().ok()
}

async fn is_local(conn: &mut PgConnection, id: StatusId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM statuses s JOIN accounts a ON a.id = s.account_id
             WHERE s.id = $1 AND a.domain IS NULL AND s.deleted_at IS NULL) AS "local!""#,
        id
    )
    .fetch_one(conn)
    .await
}
