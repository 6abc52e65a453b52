//! Who is signed in.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::CredentialAccount;
use shared::{ApiResult, App, Auth, Error};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/verify_credentials", get(show))
}

async fn show(State(app): State<App>, auth: Auth) -> ApiResult<Json<CredentialAccount>> {
    let viewer = auth.require_user(&["profile", "read", "read:accounts"])?.account_id;
    let mut conn = app.db.acquire().await?;
    Ok(Json(CredentialAccount::load(&mut conn, &app.urls, viewer).await?.ok_or_else(Error::not_found)?))
}
