//! The push subscription of the app's token.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::web_push_subscriptions::{self, NewSubscription, Preferences, SubscriptionRow};
use db::{AccessTokenId, UserId};
use entities::WebPushSubscription;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ApiResult, App, Auth, Error, Params};

use crate::push_subscription::{Create, data, valid};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/push/subscription", get(show).post(create).put(update).patch(update).delete(delete))
}

async fn show(State(app): State<App>, auth: Auth) -> ApiResult<Json<WebPushSubscription>> {
    let (_, token) = require(&auth)?;
    let row = web_push_subscriptions::of_token(&mut *app.db.acquire().await?, token).await?;
    answer(&app, row)
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<WebPushSubscription>> {
    let (user, token) = require(&auth)?;
    let subscription = valid(&app, &params)?;
    let preferences = data(&params)?.map(Preferences::permitted).unwrap_or_default();
    let new = NewSubscription {
        user,
        token,
        endpoint: &subscription.endpoint,
        p256dh: &subscription.keys.p256dh,
        auth: &subscription.keys.auth,
        standard: subscription.standard.is_true(),
        preferences: &preferences,
    };
    let mut tx = app.db.begin().await?;
    let row = web_push_subscriptions::replace(&mut tx, new, app.clock.now_naive()).await?;
    tx.commit().await?;
    answer(&app, row)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {}

/// What is not named is no longer wanted.
async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Json<WebPushSubscription>> {
    let (_, token) = require(&auth)?;
    let preferences = data(&params)?.map(Preferences::permitted).unwrap_or_default();
    let mut tx = app.db.begin().await?;
    let row = web_push_subscriptions::update_of_token(&mut tx, token, &preferences, app.clock.now_naive()).await?;
    tx.commit().await?;
    answer(&app, row)
}

async fn delete(State(app): State<App>, auth: Auth) -> ApiResult<Json<Value>> {
    let (_, token) = require(&auth)?;
    let mut tx = app.db.begin().await?;
    web_push_subscriptions::delete_of_token(&mut tx, token).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

fn require(auth: &Auth) -> ApiResult<(UserId, AccessTokenId)> {
    let user = auth.require_user(&["push"])?;
    Ok((user.id, auth.require_token(&[])?.id))
}

fn answer(app: &App, row: Option<SubscriptionRow>) -> ApiResult<Json<WebPushSubscription>> {
    let row = row.ok_or_else(Error::not_found_plain)?;
    Ok(Json(WebPushSubscription::new(&row, &app.config.secrets)))
}
