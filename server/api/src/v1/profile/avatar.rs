//! The avatar of the own profile.

use axum::extract::State;
use axum::{Json, Router, routing};
use entities::CredentialAccount;
use services::update_account::PictureOf;
use shared::{ApiResult, App, Auth};

use super::remove;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/profile/avatar", routing::delete(delete))
}

async fn delete(State(app): State<App>, auth: Auth) -> ApiResult<Json<CredentialAccount>> {
    remove(&app, &auth, PictureOf::Avatar).await
}
