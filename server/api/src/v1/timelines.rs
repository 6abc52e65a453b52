//! Pages of statuses, newest first.

mod home;
mod link;
mod list;
mod public;
mod tag;

use axum::Router;
use axum::routing::get;
use db::settings::FeedAccess;
use db::{AccountId, Page, PgConnection, StatusId};
use entities::Status;
use http::Uri;
use serde_json::{Map, Value};
use services::visibility::keep_visible;
use shared::{ApiResult, App, Auth, Links, Permission, User};
use sqlx::{Postgres, QueryBuilder};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 40;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/timelines/home", get(home::show))
        .route("/api/v1/timelines/link", get(link::show))
        .route("/api/v1/timelines/list/{id}", get(list::show))
        .route("/api/v1/timelines/public", get(public::show))
        .route("/api/v1/timelines/tag/{id}", get(tag::show))
}

/// What of `ids` the viewer may see, in full.
async fn statuses(conn: &mut PgConnection, app: &App, viewer: Option<AccountId>, ids: &[StatusId]) -> ApiResult<Vec<Status>> {
    let ids = keep_visible(conn, viewer, ids).await?;
    Ok(Status::load_many(conn, &app.urls, viewer, &ids).await?)
}

/// Both directions, as long as there is anything on the page: timelines do not count whether it is full.
fn links(app: &App, uri: &Uri, params: &Map<String, Value>, kept: &[&str], page: &[Status]) -> Links {
    let links = Links::keeping(app, uri, params, kept);
    match (page.first(), page.last()) {
        (Some(first), Some(last)) => links.next(last.id).prev(first.id),
        _ => links,
    }
}

/// Which half of a feed is shown to whom: what was asked for, cut down to what administrators left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Halves {
    local: bool,
    remote: bool,
}

impl Halves {
    /// Asking for both is asking for neither in particular. 422 where a person is needed and nobody is signed in.
    fn open(auth: &Auth, asked_local: bool, asked_remote: bool, local: FeedAccess, remote: FeedAccess) -> ApiResult<Self> {
        let concerned = match (asked_local, asked_remote) {
            (true, _) => local != FeedAccess::Public,
            (false, true) => remote != FeedAccess::Public,
            (false, false) => local != FeedAccess::Public || remote != FeedAccess::Public,
        };
        if concerned {
            auth.require_signed_in()?;
        }
        let may_read = |access: FeedAccess| match access {
            FeedAccess::Public => true,
            FeedAccess::Authenticated => auth.user().is_some_and(User::functional),
            FeedAccess::Disabled => auth.user().is_some_and(|user| user.can(Permission::ViewFeeds)),
        };
        let both = asked_local == asked_remote;
        Ok(Self { local: may_read(local) && (asked_local || both), remote: may_read(remote) && (asked_remote || both) })
    }

    fn none(self) -> bool {
        !self.local && !self.remote
    }

    fn local_only(self) -> bool {
        self.local && !self.remote
    }

    fn remote_only(self) -> bool {
        self.remote && !self.local
    }
}

/// A query over public statuses `s`; the words of each condition are those of Mastodon's partial indexes.
fn public_statuses() -> QueryBuilder<Postgres> {
    QueryBuilder::new(
        "SELECT s.id FROM statuses s JOIN accounts author ON author.id = s.account_id \
         WHERE s.deleted_at IS NULL AND s.visibility = 0 AND s.reblog_of_id IS NULL \
         AND author.suspended_at IS NULL AND author.silenced_at IS NULL",
    )
}

fn push_halves(query: &mut QueryBuilder<Postgres>, halves: Halves) {
    if halves.local_only() {
        query.push(" AND (s.local OR s.uri IS NULL)");
    } else if halves.remote_only() {
        query.push(" AND NOT (COALESCE(s.local, false) OR s.uri IS NULL)");
    }
}

fn push_only_media(query: &mut QueryBuilder<Postgres>) {
    query.push(" AND EXISTS (SELECT 1 FROM media_attachments m WHERE m.status_id = s.id)");
}

/// Without whom the viewer blocks or mutes or is blocked by, and without servers that they block.
fn push_viewer(query: &mut QueryBuilder<Postgres>, viewer: AccountId) {
    query.push(" AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = ").push_bind(viewer);
    query.push(" AND b.target_account_id = s.account_id)");
    query.push(" AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = s.account_id AND b.target_account_id = ");
    query.push_bind(viewer).push(")");
    query.push(" AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = ").push_bind(viewer);
    query.push(" AND m.target_account_id = s.account_id AND (m.expires_at IS NULL OR m.expires_at > now() AT TIME ZONE 'utc'))");
    query.push(" AND (author.domain IS NULL OR NOT EXISTS (SELECT 1 FROM account_domain_blocks d WHERE d.account_id = ");
    query.push_bind(viewer).push(" AND d.domain = author.domain))");
}

/// Cuts the page out and asks.
async fn ids(conn: &mut PgConnection, mut query: QueryBuilder<Postgres>, page: &Page) -> ApiResult<Vec<StatusId>> {
    if page.limit == 0 {
        return Ok(Vec::new());
    }
    if page.below != i64::MAX {
        query.push(" AND s.id < ").push_bind(page.below);
    }
    if page.above != i64::MIN {
        query.push(" AND s.id > ").push_bind(page.above);
    }
    query.push(if page.ascending { " ORDER BY s.id ASC LIMIT " } else { " ORDER BY s.id DESC LIMIT " }).push_bind(page.limit);
    let mut ids: Vec<StatusId> = query.build_query_scalar().fetch_all(conn).await?;
    page.arrange(&mut ids);
    Ok(ids)
}
