//! The public page of a status, and the small one that other pages embed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use db::StatusId;
use entities::Status;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use services::visibility::is_visible;
use shared::{ApiResult, App};

use crate::assets;
use crate::profile::{find, missing, public_page};

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    status: Status,
}

/// `/@alice/1` for people.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, acct: &str, id: &str, _headers: &HeaderMap) -> ApiResult<Response> {
    page(app, acct, id, "max-age=10, public").await
}

/// `/@alice/1/embed`: may stand in a frame of any page.
pub(super) async fn embed(State(app): State<App>, Path((acct, id)): Path<(String, String)>) -> ApiResult<Response> {
    let mut response = page(&app, &acct, &id, "max-age=180, public").await?;
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("ALLOWALL"));
    }
    Ok(response)
}

async fn page(app: &App, acct: &str, id: &str, cache: &'static str) -> ApiResult<Response> {
    let Ok(id) = id.parse::<StatusId>() else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let mut conn = app.db.acquire().await?;
    let Some(account) = find(&mut conn, app, acct).await?.filter(|found| !found.suspended) else {
        return Ok(missing(StatusCode::NOT_FOUND));
    };
    let row = sqlx::query!(
        r#"
        SELECT s.reblog_of_id, COALESCE(NULLIF(o.url, ''), o.uri) AS boosted
        FROM statuses s LEFT JOIN statuses o ON o.id = s.reblog_of_id
        WHERE s.id = $1 AND s.account_id = $2 AND s.deleted_at IS NULL
        "#,
        id,
        account.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(missing(StatusCode::NOT_FOUND)) };
    if !is_visible(&mut conn, None, id).await? {
        return Ok(missing(StatusCode::NOT_FOUND));
    }
    if row.reblog_of_id.is_some() {
        return Ok((StatusCode::FOUND, [(header::LOCATION, row.boosted.unwrap_or_default())]).into_response());
    }
    let Some(status) = Status::load(&mut conn, &app.urls, None, id).await? else { return Ok(missing(StatusCode::NOT_FOUND)) };
    drop(conn);
    let links = format!("<{}>; rel=\"alternate\"; type=\"application/activity+json\"", status.uri);
    let page = Page {
        title: format!("@{}", status.account.acct),
        site: app.settings().await?.site_title.clone(),
        style: assets::style(),
        noindex: true,
        status,
    };
    public_page(&page, &links, cache)
}
