//! The public page of an account: who it is, and what it said lately to everybody.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use db::{AccountId, StatusId};
use entities::{Account, Shared, Status};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use services::visibility::keep_visible;
use shared::{ApiResult, App, Error, error_page};
use sqlx::PgConnection;

use crate::assets;

const CACHE: &str = "max-age=15, public, stale-while-revalidate=30, stale-if-error=3600";
const VARY: &str = "Accept, Accept-Language, Cookie";

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    domain: String,
    account: Shared<Account>,
    statuses: Vec<Status>,
}

/// `/@alice` for people. A remote account's page is where it lives.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, acct: &str, _headers: &HeaderMap) -> ApiResult<Response> {
    let mut conn = app.db.acquire().await?;
    let Some(found) = find(&mut conn, app, acct).await? else { return Ok(missing(StatusCode::NOT_FOUND)) };
    if found.suspended {
        return Ok(missing(StatusCode::GONE));
    }
    if let Some(elsewhere) = found.elsewhere {
        return Ok((StatusCode::FOUND, [(header::LOCATION, elsewhere)]).into_response());
    }
    let Some(account) = Account::load_many(&mut conn, &app.urls, None, &[found.id]).await?.into_iter().next() else {
        return Ok(missing(StatusCode::NOT_FOUND));
    };
    let ids = recent(&mut conn, found.id).await?;
    let visible = keep_visible(&mut conn, None, &ids).await?;
    let statuses = Status::load_many(&mut conn, &app.urls, None, &visible).await?;
    drop(conn);
    let domain = app.config.federation.local_domain.clone();
    let title = if account.display_name.is_empty() { account.username.clone() } else { account.display_name.clone() };
    let links = format!(
        "<{}/.well-known/webfinger?resource=acct%3A{}%40{domain}>; rel=\"lrdd\"; type=\"application/jrd+json\", \
         <{}>; rel=\"alternate\"; type=\"application/activity+json\"",
        app.urls.base(),
        account.username,
        account.uri,
    );
    let page = Profile {
        title,
        site: app.settings().await?.site_title.clone(),
        style: assets::style(),
        noindex: account.noindex.flatten().unwrap_or(false),
        domain,
        account,
        statuses,
    };
    public_page(&page, &links, CACHE)
}

/// A page that is the same for everybody.
pub(crate) fn public_page(page: &impl Template, links: &str, cache: &'static str) -> ApiResult<Response> {
    let html = page.render().map_err(|error| Error::internal(error.into()))?;
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
    if let Ok(links) = HeaderValue::from_str(links) {
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
    pub(crate) suspended: bool,
    /// The page of a remote account.
    elsewhere: Option<String>,
}

/// Accounts that are neither confirmed nor approved yet have no page.
pub(crate) async fn find(conn: &mut PgConnection, app: &App, acct: &str) -> Result<Option<Found>, sqlx::Error> {
    let (username, domain) = acct.split_once('@').map_or((acct, None), |(username, domain)| (username, Some(domain)));
    let domain = domain.filter(|domain| !app.config.federation.is_local(domain));
    if acct.contains('\0') {
        return Ok(None);
    }
    let row = sqlx::query!(
        r#"
        SELECT a.id, a.suspended_at IS NOT NULL AS "suspended!", a.domain, COALESCE(NULLIF(a.url, ''), a.uri) AS page
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
    Ok(row.map(|row| Found { id: row.id, suspended: row.suspended, elsewhere: row.page.filter(|_| row.domain.is_some()) }))
}

async fn recent(conn: &mut PgConnection, account: AccountId) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT id FROM statuses
        WHERE account_id = $1 AND deleted_at IS NULL AND visibility IN (0, 1)
          AND (NOT reply OR in_reply_to_account_id = account_id)
        ORDER BY id DESC LIMIT 20
        "#,
        account
    )
    .fetch_all(conn)
    .await
}
