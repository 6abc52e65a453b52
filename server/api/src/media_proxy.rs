//! Files of other servers that are not here (any more): they are fetched when somebody looks.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use db::{MediaAttachmentId, PgConnection};
use http::{StatusCode, header};
use jobs::media::{DownloadMedia, is_awaited};
use media::paths::{self, Attachment};
use services::visibility::is_visible;
use shared::{ApiResult, App, Auth, Error};
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(15);

pub(super) fn routes() -> Router<App> {
    Router::new().route("/media_proxy/{id}", get(show)).route("/media_proxy/{id}/{*style}", get(show))
}

struct FileRow {
    status_id: i64,
    domain: String,
    file_name: Option<String>,
    version: Option<i32>,
}

/// Sends the client on to the file. Who may not see the post is told nothing of its files.
async fn show(State(app): State<App>, auth: Auth, Path(path): Path<Vec<(String, String)>>) -> ApiResult<Response> {
    let part = |name: &str| path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let id: MediaAttachmentId = part("id").and_then(|id| id.parse().ok()).ok_or_else(Error::not_found)?;
    let style = if part("style").is_some_and(|style| style.rsplit('/').next() == Some("small")) { "small" } else { "original" };
    let file = {
        let mut conn = app.db.acquire().await?;
        let file = find(&mut conn, id).await?.ok_or_else(Error::not_found)?;
        if !is_visible(&mut conn, auth.account_id(), file.status_id).await? {
            return Err(Error::not_found());
        }
        file
    };
    let file = if file.file_name.is_none() { fetched(&app, id, &file.domain).await? } else { file };
    let name = file.file_name.as_deref().ok_or_else(Error::not_found)?;
    let location = app.urls.file(Attachment::MediaFile, id, style, name, paths::cached(file.version, true));
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

async fn find(conn: &mut PgConnection, id: MediaAttachmentId) -> Result<Option<FileRow>, sqlx::Error> {
    sqlx::query_as!(
        FileRow,
        r#"
        SELECT m.status_id AS "status_id!", a.domain AS "domain!", NULLIF(m.file_file_name, '') AS file_name,
          m.file_storage_schema_version AS version
        FROM media_attachments m JOIN accounts a ON a.id = m.account_id AND a.domain IS NOT NULL AND a.suspended_at IS NULL
        WHERE m.id = $1 AND m.remote_url <> '' AND m.status_id IS NOT NULL
        "#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// Has the worker fetch it; many who look at once wait for one fetch.
///
/// # Errors
/// 404 where it cannot be had, 503 where it takes longer than a client waits.
async fn fetched(app: &App, id: MediaAttachmentId, domain: &str) -> ApiResult<FileRow> {
    let mut waiting = app.arrivals.wait(&app.db);
    let mut tx = app.db.begin().await?;
    if db::domain_blocks::rule_for(&mut tx, domain).await?.is_some_and(|rule| rule.reject_media) {
        return Err(Error::not_found());
    }
    if !is_awaited(&mut tx, id).await.map_err(anyhow::Error::from)? {
        jobs::enqueue(&mut tx, &DownloadMedia { media_id: id }).await.map_err(anyhow::Error::from)?;
    }
    tx.commit().await?;
    let end = Instant::now() + PATIENCE;
    loop {
        let goes_on = waiting.next(end).await;
        let mut conn = app.db.acquire().await?;
        let awaited = is_awaited(&mut conn, id).await.map_err(anyhow::Error::from)?;
        let file = find(&mut conn, id).await?.ok_or_else(Error::not_found)?;
        match (file.file_name.is_some(), awaited, goes_on) {
            (true, ..) => return Ok(file),
            (false, false, _) => return Err(Error::not_found()),
            (false, true, true) => {}
            (false, true, false) => return Err(Error::unavailable()),
        }
    }
}
