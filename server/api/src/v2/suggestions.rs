//! Accounts that one might want to follow, and why.

use std::collections::HashMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::AccountId;
use entities::{Account, Shared, Suggestion};
use shared::{ApiResult, App, Auth, Locale, Params};

use crate::v1::suggestions::{Window, page};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/suggestions", get(list))
}

async fn list(State(app): State<App>, auth: Auth, locale: Locale, window: Params<Window>) -> ApiResult<Json<Vec<Suggestion>>> {
    let viewer = auth.require_user(&["read", "read:accounts"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let page = page(&app, &mut conn, viewer, &locale, &window).await?;
    let ids: Vec<AccountId> = page.iter().map(|one| one.account_id).collect();
    let accounts = Account::load_many(&mut conn, &app.urls, Some(viewer), &ids).await?;
    let mut accounts: HashMap<AccountId, Shared<Account>> = accounts.into_iter().map(|account| (account.id.0, account)).collect();
    let suggestions = page.into_iter().filter_map(|one| {
        let account = accounts.remove(&one.account_id)?;
        Some(Suggestion::new(one.sources, account))
    });
    Ok(Json(suggestions.collect()))
}
