//! Accounts that one might want to follow, without the reasons, and dismissing one of them.

use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::{Account, Shared};
use serde::Deserialize;
use serde_json::{Value, json};
use services::suggest_accounts::{Circumstances, Suggested, dismiss, suggest_accounts};
use shared::{ApiResult, App, Auth, ById, Locale, Params};

use crate::account_list::{DEFAULT_LIMIT, MAX_LIMIT};

pub(super) fn routes() -> Router<App> {
    Router::new() //
        .route("/api/v1/suggestions", get(list))
        .route("/api/v1/suggestions/{id}", delete(remove))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Window {
    limit: Option<i64>,
    offset: i64,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    locale: Locale,
    window: Params<Window>,
) -> ApiResult<Json<Vec<Shared<Account>>>> {
    let viewer = auth.require_user(&["read", "read:accounts"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let page = page(&app, &mut conn, viewer, &locale, &window).await?;
    let ids: Vec<AccountId> = page.iter().map(|one| one.account_id).collect();
    Ok(Json(Account::load_many(&mut conn, &app.urls, Some(viewer), &ids).await?))
}

async fn remove(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:accounts"])?.account_id;
    dismiss(&mut *app.db.acquire().await?, account, params.id).await?;
    Ok(Json(json!({})))
}

/// The part of all suggestions that was asked for.
pub(crate) async fn page(
    app: &App,
    conn: &mut PgConnection,
    viewer: AccountId,
    locale: &Locale,
    window: &Window,
) -> ApiResult<Vec<Suggested>> {
    let settings = app.settings().await?;
    let circumstances = Circumstances { featured: &settings.bootstrap_timeline_accounts, language: locale.language() };
    let is_local = |domain: &str| app.urls.is_local_domain(domain);
    let all = suggest_accounts(conn, &app.kv, viewer, circumstances, is_local).await?;
    let limit = window.limit.map_or(DEFAULT_LIMIT, |limit| limit.saturating_abs().min(MAX_LIMIT));
    let count = |n: i64| usize::try_from(n).unwrap_or_default();
    Ok(all.into_iter().skip(count(window.offset)).take(count(limit)).collect())
}
