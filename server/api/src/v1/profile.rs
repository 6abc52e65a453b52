//! The own profile as it is edited.

mod avatar;
mod header;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::AccountId;
use entities::{CredentialAccount, Profile};
use services::update_account::{self, PictureOf};
use shared::{ApiResult, App, Auth, Error, Params};

use super::accounts::update_credentials::{Changes, WRITE, apply, profile, with_tabs};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/profile", get(show).patch(update).put(update)).merge(avatar::routes()).merge(header::routes())
}

async fn show(State(app): State<App>, auth: Auth) -> ApiResult<Json<Profile>> {
    let viewer = auth.require_user(&["profile", "read", "read:accounts"])?.account_id;
    load(&app, viewer).await
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Changes>) -> ApiResult<Json<Profile>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut change = with_tabs(&params, profile(&params));
    apply(&app, viewer, &params, &mut change).await?;
    load(&app, viewer).await
}

async fn load(app: &App, viewer: AccountId) -> ApiResult<Json<Profile>> {
    let mut conn = app.db.acquire().await?;
    Ok(Json(Profile::load(&mut conn, &app.urls, viewer).await?.ok_or_else(Error::not_found)?))
}

/// Takes one of both pictures away.
async fn remove(app: &App, auth: &Auth, of: PictureOf) -> ApiResult<Json<CredentialAccount>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    update_account::remove_picture(&mut tx, viewer, of).await?;
    let account = CredentialAccount::load(&mut tx, &app.urls, viewer).await?.ok_or_else(Error::not_found)?;
    tx.commit().await?;
    Ok(Json(account))
}
