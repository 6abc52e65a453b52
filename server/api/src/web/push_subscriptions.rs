//! The push subscription of a browser session; and the link by which a push service ends any.

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{post, put};
use axum::{Json, Router};
use db::web_push_subscriptions::{self, NewSubscription, Preferences};
use db::{AccessTokenId, PgConnection};
use entities::WebPushSubscription;
use http::{HeaderMap, header};
use push::Unsubscribe;
use serde::Deserialize;
use serde_json::Map;
use shared::{ApiResult, App, Auth, ById, Error, Params, Session};

use crate::push_subscription::{Create, data, valid};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/web/push_subscriptions", post(create))
        .route("/api/web/push_subscriptions/{id}", put(update).patch(update).delete(delete))
}

struct SessionRow {
    id: i64,
    access_token_id: Option<AccessTokenId>,
    user_agent: String,
    web_push_subscription_id: Option<i64>,
}

async fn create(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    auth: Auth,
    params: Params<Create>,
) -> ApiResult<Json<WebPushSubscription>> {
    session.check_form(&app, &headers, params.raw_params(), "post")?;
    let user = auth.require_signed_in()?;
    let subscription = valid(&app, &params)?;
    let asked = data(&params)?;
    let mut tx = app.db.begin().await?;
    let session = current(&mut tx, &session).await?.ok_or_else(Error::not_found)?;
    let token = session.access_token_id.ok_or_else(|| Error::unprocessable("This session has no access token"))?;
    if let Some(old) = session.web_push_subscription_id {
        web_push_subscriptions::delete(&mut tx, &[old]).await?;
    }
    let preferences = Preferences::of_browser(is_handheld(&session.user_agent), asked.unwrap_or(&Map::new()));
    let new = NewSubscription {
        user: user.id,
        token,
        endpoint: &subscription.endpoint,
        p256dh: &subscription.keys.p256dh,
        auth: &subscription.keys.auth,
        standard: subscription.standard.is_true(),
        preferences: &preferences,
    };
    let row = web_push_subscriptions::replace(&mut tx, new, app.clock.now_naive()).await?.ok_or_else(Error::not_found)?;
    sqlx::query!("UPDATE session_activations SET web_push_subscription_id = $2 WHERE id = $1", session.id, row.id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Json(WebPushSubscription::new(&row, &app.config.secrets)))
}

async fn update(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    auth: Auth,
    params: Params<ById>,
    method: http::Method,
) -> ApiResult<Json<WebPushSubscription>> {
    session.check_form(&app, &headers, params.raw_params(), &method.as_str().to_ascii_lowercase())?;
    let user = auth.require_signed_in()?;
    let preferences = Preferences::permitted(data(&params)?.ok_or_else(|| Error::missing_param("data"))?);
    let mut tx = app.db.begin().await?;
    let now = app.clock.now_naive();
    let row = web_push_subscriptions::update_of_user(&mut tx, user.id, params.id, &preferences, now).await?;
    tx.commit().await?;
    let row = row.ok_or_else(Error::not_found)?;
    Ok(Json(WebPushSubscription::new(&row, &app.config.secrets)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delete {
    /// The signed token of a message's `Unsubscribe-URL`.
    id: String,
}

/// Says the same whether there was a subscription or not.
async fn delete(State(app): State<App>, params: Params<Delete>) -> ApiResult<impl IntoResponse> {
    let key = Unsubscribe::derive(&app.config.secrets.key_base);
    if let Some(id) = key.subscription_id(&params.id, app.clock.now()) {
        let mut tx = app.db.begin().await?;
        web_push_subscriptions::delete(&mut tx, &[id]).await?;
        tx.commit().await?;
    }
    Ok(([(header::CONTENT_TYPE, "text/html")], ""))
}

/// Locked, so that two requests of a browser leave one subscription.
async fn current(conn: &mut PgConnection, session: &Session) -> ApiResult<Option<SessionRow>> {
    let Some(id) = session.id() else { return Ok(None) };
    let row = sqlx::query_as!(
        SessionRow,
        "SELECT id, access_token_id, user_agent, web_push_subscription_id FROM session_activations
         WHERE session_id = $1 FOR NO KEY UPDATE",
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

/// Phones and tablets have no other way to show a notification, so they begin with all of them.
fn is_handheld(user_agent: &str) -> bool {
    ["Mobile", "Android", "iPhone", "iPad", "iPod", "Tablet"].iter().any(|word| user_agent.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_handheld;

    #[test]
    fn phones_and_tablets_are_told_from_desks() {
        assert!(is_handheld("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"));
        assert!(is_handheld("Mozilla/5.0 (Android 14; Tablet; rv:120.0) Gecko/120.0 Firefox/120.0"));
        assert!(!is_handheld("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"));
    }
}
