//! The confirmation mail once more, to the same or another address.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use services::confirm_user::ask_for_confirmation;
use services::modify_user::change_email;
use shared::{ApiResult, App, Auth, Error, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/emails/confirmations", post(create))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    email: Option<String>,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<Value>> {
    let token = auth.require_token(&["write", "write:accounts"])?;
    let user = auth.user().ok_or_else(|| Error::unprocessable("This method requires an authenticated user"))?;
    let mut tx = app.db.begin().await?;
    let row = sqlx::query!(
        "SELECT created_by_application_id, confirmed_at, unconfirmed_email FROM users WHERE id = $1 FOR UPDATE",
        user.id
    )
    .fetch_one(&mut *tx)
    .await?;
    if row.created_by_application_id.is_none() || row.created_by_application_id != token.application_id {
        return Err(Error::new(
            StatusCode::FORBIDDEN,
            "This method is only available to the application the user originally signed-up with",
        ));
    }
    if row.confirmed_at.is_some() && row.unconfirmed_email.is_none() {
        return Err(Error::new(StatusCode::FORBIDDEN, "This method is only available while the e-mail is awaiting confirmation"));
    }
    match params.email.as_deref().filter(|email| !email.is_empty()) {
        Some(email) if email.trim().to_lowercase() != user.email => {
            change_email(&mut tx, &app.config, user.id, email, false).await?;
        }
        _ => ask_for_confirmation(&mut tx, user.id).await?,
    }
    tx.commit().await?;
    Ok(Json(json!({})))
}
