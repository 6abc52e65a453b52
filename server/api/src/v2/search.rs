//! Search by name, and by the address of an account or status here or elsewhere.

use activitypub::resolve_account::is_local_uri;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::AccountId;
use entities::{Account, Search, Status};
use inbox::{Found, Inbox};
use serde::Deserialize;
use services::search_accounts;
use services::visibility::is_visible;
use shared::{ApiResult, App, Auth, Error, Flag, Params};

use crate::meet;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/search", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    q: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    limit: Option<i64>,
    offset: i64,
    resolve: Flag,
    following: Flag,
}

async fn list(State(app): State<App>, auth: Auth, params: Params<Query>) -> ApiResult<Json<Search>> {
    let viewer = auth.require_user(&["read", "read:search"])?.account_id;
    let text = params.q.trim().to_owned();
    if text.starts_with("https://") || text.starts_with("http://") {
        return by_address(&app, viewer, &text, &params).await.map(Json);
    }
    let wants = |kind: &str| params.kind.as_deref().is_none_or(|wanted| wanted == kind);
    let mut found = Search::default();
    if wants("accounts") {
        let mut search = search_accounts::Search {
            text,
            resolved: None,
            viewer: Some(viewer),
            following: params.following.is_true(),
            limit: params.limit.map_or(20, |limit| limit.saturating_abs().min(40)),
            offset: params.offset.max(0),
        };
        let is_local = |domain: &str| app.urls.is_local_domain(domain);
        if params.resolve.is_true() {
            meet::searched(&app, &mut search).await?;
        }
        let mut conn = app.db.acquire().await?;
        let ids = search_accounts::search_accounts(&mut conn, &search, is_local).await?;
        found.accounts = Account::load_many(&mut conn, &app.urls, Some(viewer), &ids).await?;
    }
    Ok(Json(found))
}

/// Without `resolve` no other server is asked. What is found is of one kind, and there is no second page of it.
async fn by_address(app: &App, viewer: AccountId, url: &str, params: &Query) -> ApiResult<Search> {
    let mut found = Search::default();
    if !params.resolve.is_true() || params.offset > 0 {
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
    let wants = |kind: &str| params.kind.as_deref().is_none_or(|wanted| wanted == kind);
    match resolved {
        Some(Found::Account(id)) if wants("accounts") => {
            meet::files(app, &[id], &[]).await?;
            let mut conn = app.db.acquire().await?;
            found.accounts = Account::load_many(&mut conn, &app.urls, Some(viewer), &[id]).await?;
        }
        Some(Found::Status(id)) => {
            if is_visible(&mut *app.db.acquire().await?, Some(viewer), id).await? {
                if wants("statuses") {
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
