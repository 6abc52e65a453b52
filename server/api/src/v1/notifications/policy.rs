//! The notification policy in the words of its first version: whether anything is done with a kind of sender.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::{NotificationPolicy, NotificationPolicyV1};
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Flag, Params};

use crate::v2::notifications::policy::{ACCEPT, Choices, FILTER, store};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/notifications/policy", get(show).put(update).patch(update))
}

async fn show(State(app): State<App>, auth: Auth) -> ApiResult<Json<NotificationPolicyV1>> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let policy = NotificationPolicy::load(&mut *app.db.acquire().await?, account).await?;
    Ok(Json(NotificationPolicyV1::from(&policy)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    filter_not_following: Flag,
    filter_not_followers: Flag,
    filter_new_accounts: Flag,
    filter_private_mentions: Flag,
    filter_bots: Flag,
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Json<NotificationPolicyV1>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    let choice = |flag: Flag| flag.given().map(|filter| if filter { FILTER } else { ACCEPT });
    let choices = Choices {
        not_following: choice(params.filter_not_following),
        not_followers: choice(params.filter_not_followers),
        new_accounts: choice(params.filter_new_accounts),
        private_mentions: choice(params.filter_private_mentions),
        limited_accounts: None,
        bots: choice(params.filter_bots),
    };
    let mut tx = app.db.begin().await?;
    store(&mut tx, account, &choices).await?;
    let policy = NotificationPolicy::load(&mut tx, account).await?;
    tx.commit().await?;
    Ok(Json(NotificationPolicyV1::from(&policy)))
}
