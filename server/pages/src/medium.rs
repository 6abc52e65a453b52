//! Short addresses of uploads, and the player that other pages embed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use db::media_attachments::kind;
use db::{AccountId, PgConnection, media_attachments};
use entities::MediaAttachment;
use http::{StatusCode, header};
use services::visibility::is_visible;
use shared::{ApiResult, App, Auth};

use crate::profile::{missing, public_page};
use crate::{assets, private};

/// The length of shortcodes; other names are ids.
const SHORTCODE: usize = 19;

#[derive(Template)]
#[template(path = "player.html")]
struct Player {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    media: MediaAttachment,
}

/// Leads to the file.
pub(super) async fn show(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> ApiResult<Response> {
    if private::is_closed(&app, &auth) {
        return Ok(private::sign_in(&app));
    }
    let found = find(&mut *app.db.acquire().await?, &app, &id, auth.account_id()).await?;
    let Some(address) = found.and_then(|media| media.url) else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let headers = [(header::LOCATION, address), (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned())];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Films and sounds; pictures need no player.
pub(super) async fn player(State(app): State<App>, auth: Auth, Path(id): Path<String>) -> ApiResult<Response> {
    if private::is_closed(&app, &auth) {
        return Ok(private::sign_in(&app));
    }
    let found = find(&mut *app.db.acquire().await?, &app, &id, auth.account_id()).await?;
    let Some(media) = found.filter(|media| matches!(media.kind, "video" | "gifv" | "audio")) else {
        return Ok(missing(StatusCode::NOT_FOUND));
    };
    let site = app.settings().await?.site_title.clone();
    let page = Player { title: media.kind.to_owned(), site, style: assets::style(), noindex: true, media };
    let mut response = public_page(&page, "", "private, no-store")?;
    shared::allow_framing(&app, &mut response);
    Ok(response)
}

/// A file uploaded here that hangs on a post which the viewer may see.
async fn find(
    conn: &mut PgConnection,
    app: &App,
    name: &str,
    viewer: Option<AccountId>,
) -> Result<Option<MediaAttachment>, sqlx::Error> {
    if name.contains('\0') {
        return Ok(None);
    }
    let by_code = name.len() == SHORTCODE;
    let id: Option<i64> = if by_code { None } else { name.parse().ok() };
    let row = sqlx::query!(
        r#"
        SELECT m.id, m.status_id AS "status_id!"
        FROM media_attachments m
        WHERE (m.id = $1 OR ($2 AND m.shortcode = $3)) AND m.remote_url = '' AND m.status_id IS NOT NULL
        "#,
        id,
        by_code,
        name
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if !is_visible(conn, viewer, row.status_id).await? {
        return Ok(None);
    }
    let rows = media_attachments::load(conn, &[row.id]).await?;
    Ok(rows
        .first()
        .filter(|row| row.kind != kind::UNKNOWN || row.file_file_name.is_some())
        .map(|row| MediaAttachment::new(row, &app.urls)))
}
