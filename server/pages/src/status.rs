//! The public page of a status, and the small one that other pages embed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use db::StatusId;
use entities::{MediaAttachment, Status};
use http::{StatusCode, header};
use serde_json::Value;
use services::visibility::is_visible;
use shared::{ApiResult, App, Auth};
use sqlx::PgConnection;

use crate::meta::Meta;
use crate::profile::{find_shown, missing, public_page};
use crate::{assets, private};

const CACHE: &str = "max-age=10, public";
const EMBED_CACHE: &str = "max-age=180, public";

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    meta: Meta,
    oembed: String,
    status: Status,
}

enum Found {
    Status(Box<Status>),
    /// Where the boosted status stands.
    Boost(String),
    Refused(Response),
}

/// `/@alice/1` for people.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, acct: &str, id: &str, auth: &Auth) -> ApiResult<Response> {
    if private::is_closed(app, auth) {
        return Ok(private::sign_in(app));
    }
    let found = find(&mut *app.db.acquire().await?, app, acct, id).await?;
    match found {
        Found::Status(status) => page(app, *status, CACHE).await,
        Found::Boost(address) => Ok((StatusCode::FOUND, [(header::LOCATION, address)]).into_response()),
        Found::Refused(response) => Ok(response),
    }
}

/// `/@alice/1/embed`: may stand in a frame of any page. What only some may see has none, and neither have boosts.
pub(super) async fn embed(State(app): State<App>, auth: Auth, Path((acct, id)): Path<(String, String)>) -> ApiResult<Response> {
    if private::is_closed(&app, &auth) {
        return Ok(private::sign_in(&app));
    }
    let found = find(&mut *app.db.acquire().await?, &app, &acct, &id).await?;
    match found {
        Found::Status(status) => {
            let mut response = page(&app, *status, EMBED_CACHE).await?;
            shared::allow_framing(&app, &mut response);
            Ok(response)
        }
        Found::Boost(_) => Ok(missing(StatusCode::NOT_FOUND)),
        Found::Refused(response) => Ok(response),
    }
}

async fn find(conn: &mut PgConnection, app: &App, acct: &str, id: &str) -> ApiResult<Found> {
    let not_found = || Ok(Found::Refused(missing(StatusCode::NOT_FOUND)));
    let Ok(id) = id.parse::<StatusId>() else { return not_found() };
    let account = match find_shown(conn, app, acct).await? {
        Ok(account) => account,
        Err(refusal) => return Ok(Found::Refused(refusal)),
    };
    let row = sqlx::query!(
        r#"
        SELECT s.reblog_of_id, o.uri, o.url, a.username AS "username?", a.domain AS "domain?"
        FROM statuses s
        LEFT JOIN statuses o ON o.id = s.reblog_of_id
        LEFT JOIN accounts a ON a.id = o.account_id
        WHERE s.id = $1 AND s.account_id = $2 AND s.deleted_at IS NULL
        "#,
        id,
        account.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return not_found() };
    if !is_visible(conn, None, id).await? {
        return not_found();
    }
    if let Some(original) = row.reblog_of_id {
        let page = match (row.domain, row.username) {
            (None, Some(username)) => app.urls.uris().status_page(&username, original),
            _ => row.url.filter(|url| !url.is_empty()).or(row.uri).unwrap_or_default(),
        };
        return Ok(Found::Boost(page));
    }
    match Status::load(conn, &app.urls, None, id).await? {
        Some(status) => Ok(Found::Status(Box::new(status))),
        None => not_found(),
    }
}

async fn page(app: &App, status: Status, cache: &'static str) -> ApiResult<Response> {
    let site = app.settings().await?.site_title.clone();
    let links = format!("<{}>; rel=\"alternate\"; type=\"application/activity+json\"", status.uri);
    let address = status.url.clone().unwrap_or_default();
    let page = Page {
        title: format!("@{}", status.account.acct),
        meta: meta(app, &status, &site),
        oembed: format!(
            "{}/api/oembed?format=json&url={}",
            app.urls.base(),
            percent_encoding::utf8_percent_encode(&address, percent_encoding::NON_ALPHANUMERIC)
        ),
        site,
        style: assets::style(),
        noindex: status.account.noindex.flatten().unwrap_or(false),
        status,
    };
    public_page(&page, &links, cache)
}

/// A post in the words of a preview. Behind a warning nothing is shown but the warning; sensitive pictures not at all.
fn meta(app: &App, status: &Status, site: &str) -> Meta {
    let account = &status.account;
    let acct = if account.acct.contains('@') {
        account.acct.clone()
    } else {
        format!("{}@{}", account.username, app.urls.local_domain())
    };
    let name = if account.display_name.trim().is_empty() { &account.username } else { &account.display_name };
    let description = if status.spoiler_text.trim().is_empty() {
        text::plain::remote(status.content.as_deref().unwrap_or_default())
    } else {
        status.spoiler_text.clone()
    };
    let address = status.url.as_deref().unwrap_or(&status.uri);
    let mut meta = Meta::new("article", site, &format!("{name} (@{acct})"), address, &description);
    meta.add("og:published_time", status.created_at.to_string());
    meta.add("profile:username", acct);
    let pictures: Vec<&MediaAttachment> =
        status.media_attachments.iter().filter(|media| !status.sensitive && media.preview_url.is_some()).collect();
    for media in &pictures {
        meta.add_picture(media.preview_url.as_deref().unwrap_or_default(), size(media), media.description.as_deref());
    }
    if pictures.is_empty() {
        meta.add_picture(&account.avatar, None, None);
    }
    meta.add("twitter:card", if pictures.is_empty() { "summary" } else { "summary_large_image" });
    meta
}

fn size(media: &MediaAttachment) -> Option<(u64, u64)> {
    let meta: Value = serde_json::from_str(media.meta.as_deref()?.get()).ok()?;
    let small = meta.get("small")?;
    Some((small.get("width")?.as_u64()?, small.get("height")?.as_u64()?))
}
