//! The public pages of an account, and its feeds: who it is, and what it said lately to everybody.

mod meta;
mod section;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use db::AccountId;
use entities::{Account, Shared, Status};
use http::{HeaderValue, StatusCode, header};
use services::visibility::keep_visible;
use shared::{ApiResult, App, Auth, Error, error_page};
use sqlx::PgConnection;

use crate::meta::Meta;
use crate::rss::{self, Channel, Details};
use crate::{assets, private};

pub use section::Section;

const CACHE: &str = "max-age=15, public, stale-while-revalidate=30, stale-if-error=3600";
const GONE_CACHE: &str = "max-age=180, public";
pub(crate) const VARY: &str = "Accept, Accept-Language, Cookie";
/// Posts on a page.
const PAGE: i64 = 20;
const FEED_SECONDS: u32 = 60;

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    meta: Meta,
    /// Address of the feed of what is shown.
    feed: Option<String>,
    domain: String,
    account: Shared<Account>,
    statuses: Vec<Status>,
}

/// `/@alice` and what is below it for people. A remote account's page is where it lives.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, acct: &str, section: &Section, auth: &Auth) -> ApiResult<Response> {
    if private::is_closed(app, auth) {
        return Ok(private::sign_in(app));
    }
    let mut conn = app.db.acquire().await?;
    let found = match find_shown(&mut conn, app, acct).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal),
    };
    if let Some(elsewhere) = found.elsewhere {
        return Ok((StatusCode::FOUND, [(header::LOCATION, elsewhere)]).into_response());
    }
    let Some(account) = Account::load_many(&mut conn, &app.urls, None, &[found.id]).await?.into_iter().next() else {
        return Ok(missing(StatusCode::NOT_FOUND));
    };
    let ids = section.statuses(&mut conn, found.id, true, PAGE).await?;
    let visible = keep_visible(&mut conn, None, &ids).await?;
    let statuses = Status::load_many(&mut conn, &app.urls, None, &visible).await?;
    drop(conn);
    let domain = app.config.federation.local_domain.clone();
    let links = format!(
        "<{}/.well-known/webfinger?resource=acct%3A{}%40{domain}>; rel=\"lrdd\"; type=\"application/jrd+json\", \
         <{}>; rel=\"alternate\"; type=\"application/activity+json\"",
        app.urls.base(),
        account.username,
        account.uri,
    );
    let site = app.settings().await?.site_title.clone();
    let page = Profile {
        title: name(&account),
        meta: meta::of(&account, &site, &domain),
        feed: section.feed_path(&account.username).map(|path| format!("{}{path}", app.urls.base())),
        site,
        style: assets::style(),
        noindex: account.noindex.flatten().unwrap_or(false),
        domain,
        account,
        statuses,
    };
    public_page(&page, &links, CACHE)
}

/// The same as a feed: public and unlisted posts, no boosts. `limit` is the parameter as it was sent.
///
/// # Errors
/// The database fails.
pub async fn feed(app: &App, acct: &str, section: &Section, auth: &Auth, limit: Option<&str>) -> ApiResult<Response> {
    if private::is_closed(app, auth) {
        return Ok(missing(StatusCode::UNAUTHORIZED));
    }
    let mut conn = app.db.acquire().await?;
    let found = match find_shown(&mut conn, app, acct).await? {
        Ok(found) if found.elsewhere.is_none() => found,
        Ok(_) => return Ok(missing(StatusCode::NOT_FOUND)),
        Err(refusal) => return Ok(refusal),
    };
    let Some(account) = Account::load_many(&mut conn, &app.urls, None, &[found.id]).await?.into_iter().next() else {
        return Ok(missing(StatusCode::NOT_FOUND));
    };
    let ids = section.statuses(&mut conn, found.id, false, rss::limit(limit)).await?;
    let statuses = Status::load_many(&mut conn, &app.urls, None, &ids).await?;
    let details = Details::load(&mut conn, &statuses).await?;
    drop(conn);
    let channel = Channel {
        title: name(&account),
        description: format!("Public posts from @{}@{}", account.username, app.urls.local_domain()),
        link: match section {
            Section::Tagged(tag) => app.urls.tagged_page(&account.username, tag),
            _ => app.urls.uris().account_page(&account.username),
        },
        picture: Some(account.avatar.clone()),
    };
    rss::answer(&channel, &statuses, &details, FEED_SECONDS)
}

fn name(account: &Account) -> String {
    let shown = if account.display_name.trim().is_empty() { &account.username } else { &account.display_name };
    shown.clone()
}

/// A page that is the same for everybody.
pub(crate) fn public_page(page: &impl Template, links: &str, cache: &'static str) -> ApiResult<Response> {
    let html = page.render().map_err(|error| Error::internal(error.into()))?;
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
    if let Ok(links) = HeaderValue::from_str(links)
        && !links.is_empty()
    {
        headers.insert(header::LINK, links);
    }
    Ok(response)
}

pub(crate) fn missing(status: StatusCode) -> Response {
    let mut response = error_page(status, "The page you are looking for isn't here.");
    response.headers_mut().insert(header::VARY, HeaderValue::from_static(VARY));
    response
}

pub(crate) struct Found {
    pub(crate) id: AccountId,
    /// The page of a remote account.
    elsewhere: Option<String>,
}

/// The account, or the page that stands where there is none to show: 404, 403 while it is suspended, 410 once it is deleted.
/// Accounts that are neither confirmed nor approved yet have no page.
pub(crate) async fn find_shown(conn: &mut PgConnection, app: &App, acct: &str) -> Result<Result<Found, Response>, sqlx::Error> {
    let (username, domain) = acct.split_once('@').map_or((acct, None), |(username, domain)| (username, Some(domain)));
    let domain = domain.filter(|domain| !app.config.federation.is_local(domain));
    if acct.contains('\0') {
        return Ok(Err(missing(StatusCode::NOT_FOUND)));
    }
    let row = sqlx::query!(
        r#"
        SELECT a.id, a.suspended_at IS NOT NULL AS "suspended!", a.domain, COALESCE(NULLIF(a.url, ''), a.uri) AS page,
          EXISTS (SELECT 1 FROM account_deletion_requests d WHERE d.account_id = a.id) AS "returnable!"
        FROM accounts a
        LEFT JOIN users u ON u.account_id = a.id
        WHERE lower(a.username) = lower($1) AND COALESCE(lower(a.domain), '') = COALESCE(lower($2::text), '') AND a.id > 0
          AND (u.id IS NULL OR (u.approved AND u.confirmed_at IS NOT NULL))
        "#,
        username,
        domain
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => Err(missing(StatusCode::NOT_FOUND)),
        Some(row) if row.suspended => Err(suspended(if row.returnable { StatusCode::FORBIDDEN } else { StatusCode::GONE })),
        Some(row) => Ok(Found { id: row.id, elsewhere: row.page.filter(|_| row.domain.is_some()) }),
    })
}

fn suspended(status: StatusCode) -> Response {
    let mut response = missing(status);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(GONE_CACHE));
    response
}
