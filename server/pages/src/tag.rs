//! The page of a hashtag for people, and its feed.

use askama::Template;
use axum::response::Response;
use db::settings::FeedAccess;
use db::{PgConnection, StatusId, TagId};
use entities::Status;
use http::StatusCode;
use services::visibility::keep_visible;
use shared::{ApiResult, App, Auth};

use crate::profile::{missing, public_page};
use crate::rss::{self, Channel, Details};
use crate::{assets, private};

const CACHE: &str = "max-age=15, public, stale-while-revalidate=30, stale-if-error=3600";
const PAGE: i64 = 20;

#[derive(Template)]
#[template(path = "tag.html")]
struct Page {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    feed: String,
    statuses: Vec<Status>,
}

struct TagRow {
    id: TagId,
    name: String,
    display_name: String,
}

/// Which halves of a hashtag's posts visitors may see.
#[derive(Debug, Clone, Copy)]
struct Open {
    local: bool,
    remote: bool,
}

/// `/tags/rust` for people. 404 for what nobody used yet, and for what administrators made unusable.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, name: &str, auth: &Auth) -> ApiResult<Response> {
    if private::is_closed(app, auth) {
        return Ok(private::sign_in(app));
    }
    let open = open(app, false).await?;
    let mut conn = app.db.acquire().await?;
    let Some(tag) = find(&mut conn, name).await? else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let ids = recent(&mut conn, tag.id, open, PAGE).await?;
    let visible = keep_visible(&mut conn, None, &ids).await?;
    let statuses = Status::load_many(&mut conn, &app.urls, None, &visible).await?;
    drop(conn);
    let page = Page {
        title: format!("#{}", tag.display_name),
        site: app.settings().await?.site_title.clone(),
        style: assets::style(),
        noindex: true,
        feed: format!("{}.rss", app.urls.tag(&tag.name)),
        statuses,
    };
    public_page(&page, "", CACHE)
}

/// `/tags/rust.rss`: what everybody may see of it, of this server alone if `local` is asked for.
///
/// # Errors
/// The database fails.
pub async fn feed(app: &App, name: &str, auth: &Auth, local: bool, limit: Option<&str>) -> ApiResult<Response> {
    if private::is_closed(app, auth) {
        return Ok(missing(StatusCode::UNAUTHORIZED));
    }
    let open = open(app, local).await?;
    let mut conn = app.db.acquire().await?;
    let Some(tag) = find(&mut conn, name).await? else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let ids = recent(&mut conn, tag.id, open, rss::limit(limit)).await?;
    let visible = keep_visible(&mut conn, None, &ids).await?;
    let statuses = Status::load_many(&mut conn, &app.urls, None, &visible).await?;
    let details = Details::load(&mut conn, &statuses).await?;
    drop(conn);
    let channel = Channel {
        title: format!("#{}", tag.display_name),
        description: format!("Public posts tagged #{}", tag.display_name),
        link: app.urls.tag(&tag.name),
        picture: None,
    };
    rss::answer(&channel, &statuses, &details, 0)
}

async fn open(app: &App, local: bool) -> ApiResult<Open> {
    let settings = app.settings().await?;
    Ok(Open {
        local: settings.local_topic_feed_access == FeedAccess::Public,
        remote: !local && settings.remote_topic_feed_access == FeedAccess::Public,
    })
}

async fn find(conn: &mut PgConnection, name: &str) -> Result<Option<TagRow>, sqlx::Error> {
    if name.contains('\0') {
        return Ok(None);
    }
    sqlx::query_as!(
        TagRow,
        r#"SELECT id, name, COALESCE(NULLIF(display_name, ''), name) AS "display_name!"
             FROM tags WHERE lower(name) = lower($1) AND usable IS NOT FALSE"#,
        text::hashtag::normalize(name)
    )
    .fetch_optional(conn)
    .await
}

async fn recent(conn: &mut PgConnection, tag: TagId, open: Open, limit: i64) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT s.id
        FROM statuses s
        JOIN statuses_tags st ON st.status_id = s.id
        JOIN accounts author ON author.id = s.account_id
        WHERE st.tag_id = $1 AND s.deleted_at IS NULL AND s.visibility = 0 AND s.reblog_of_id IS NULL
          AND author.suspended_at IS NULL AND author.silenced_at IS NULL
          AND CASE WHEN COALESCE(s.local, false) OR s.uri IS NULL THEN $2::bool ELSE $3::bool END
        ORDER BY s.id DESC LIMIT $4
        "#,
        tag,
        open.local,
        open.remote,
        limit
    )
    .fetch_all(conn)
    .await
}
