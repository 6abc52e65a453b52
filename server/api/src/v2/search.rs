//! Search by name, by hashtag, and by the address of an account or status here or elsewhere.

use activitypub::resolve_account::is_local_uri;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::AccountId;
use entities::{Account, Search, Status, Tag};
use http::StatusCode;
use inbox::{Found, Inbox};
use serde::Deserialize;
use services::search_accounts;
use services::search_tags::{TagSearch, search_tags};
use services::visibility::is_visible;
use shared::{ApiResult, App, Auth, Error, Flag, IdParam, Params};

use crate::meet;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/search", get(list))
}

/// Results of one kind on a page.
const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 40;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    q: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    limit: Option<i64>,
    offset: IdParam,
    resolve: Flag,
    following: Flag,
    exclude_unreviewed: Flag,
}

impl Query {
    /// # Errors
    /// 400 without a text or below zero; 401 for what only people who are signed in may ask for.
    fn check(&self, viewer: Option<AccountId>) -> ApiResult<()> {
        if self.q.trim().is_empty() {
            return Err(Error::missing_param("q"));
        }
        let refuse = |text: &'static str| Err(Error::new(StatusCode::UNAUTHORIZED, text));
        if viewer.is_none() && self.offset.get().is_some() {
            return refuse("Search queries pagination is not supported without authentication");
        }
        if viewer.is_none() && self.resolve.is_true() {
            return refuse("Search queries that resolve remote resources are not supported without authentication");
        }
        if self.limit.is_some_and(i64::is_negative) || self.offset.get().is_some_and(i64::is_negative) {
            return Err(Error::bad_request("Pagination values for `offset` and `limit` must be positive"));
        }
        Ok(())
    }

    fn kind(&self) -> Option<&str> {
        self.kind.as_deref().filter(|kind| !kind.trim().is_empty())
    }

    fn wants(&self, kind: &str) -> bool {
        self.kind().is_none_or(|wanted| wanted == kind)
    }

    fn limit(&self) -> i64 {
        self.limit.map_or(DEFAULT_LIMIT, |limit| limit.min(MAX_LIMIT))
    }

    /// Only results of one kind have further pages.
    fn offset(&self) -> i64 {
        self.kind().and(self.offset.get()).unwrap_or_default()
    }
}

/// Posts are found by their addresses alone: their texts are searched by Elasticsearch, without which Mastodon finds none either.
async fn list(State(app): State<App>, auth: Auth, params: Params<Query>) -> ApiResult<Json<Search>> {
    let viewer = auth.optional(&["read", "read:search"])?.map(|user| user.account_id);
    params.check(viewer)?;
    let text = params.q.trim();
    if params.limit() == 0 {
        return Ok(Json(Search::default()));
    }
    if let Some(viewer) = viewer.filter(|_| params.resolve.is_true() && is_address(text)) {
        return by_address(&app, viewer, text, &params).await.map(Json);
    }
    by_text(&app, viewer, text, &params).await.map(Json)
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

async fn by_text(app: &App, viewer: Option<AccountId>, text: &str, params: &Query) -> ApiResult<Search> {
    let mut found = Search::default();
    let (limit, offset) = (params.limit(), params.offset());
    if params.wants("accounts") {
        let following = params.following.is_true() && viewer.is_some();
        let mut search = search_accounts::Search { text: text.to_owned(), resolved: None, viewer, following, limit, offset };
        if params.resolve.is_true() {
            meet::searched(app, &mut search).await?;
        }
        let mut conn = app.db.acquire().await?;
        let ids = search_accounts::search_accounts(&mut conn, &search, |domain| app.urls.is_local_domain(domain)).await?;
        found.accounts = Account::load_many(&mut conn, &app.urls, viewer, &ids).await?;
    }
    if params.wants("hashtags") {
        let search = TagSearch { text, exclude_unreviewed: params.exclude_unreviewed.is_true(), limit, offset };
        let mut conn = app.db.acquire().await?;
        let ids = search_tags(&mut conn, &search).await?;
        found.hashtags = Tag::load_many(&mut conn, &app.kv, &app.urls, viewer, &ids).await?;
    }
    Ok(found)
}

/// What is found is of one kind, and there is no second page of it.
async fn by_address(app: &App, viewer: AccountId, url: &str, params: &Query) -> ApiResult<Search> {
    let mut found = Search::default();
    if params.offset() > 0 {
        return Ok(found);
    }
    let inbox = Inbox {
        config: &app.config,
        db: &app.db,
        kv: &app.kv,
        http: &app.http,
        resolver: &app.resolver,
        renderer: &app.renderer,
    };
    let resolved = inbox::resolve_url(&inbox, url).await.map_err(anyhow::Error::from)?;
    match resolved {
        Some(Found::Account(id)) if params.wants("accounts") => {
            meet::files(app, &[id], &[]).await?;
            let mut conn = app.db.acquire().await?;
            found.accounts = Account::load_many(&mut conn, &app.urls, Some(viewer), &[id]).await?;
        }
        Some(Found::Status(id)) => {
            if is_visible(&mut *app.db.acquire().await?, Some(viewer), id).await? {
                if params.wants("statuses") {
                    meet::files(app, &[], &[id]).await?;
                    let mut conn = app.db.acquire().await?;
                    found.statuses = Status::load_many(&mut conn, &app.urls, Some(viewer), &[id]).await?;
                }
            } else if !is_local_uri(&app.config.federation, url) {
                // Mastodon hides its own but says so of others' (recorded: `fetch/private_post_by_url`).
                return Err(Error::forbidden());
            }
        }
        _ => {}
    }
    Ok(found)
}
