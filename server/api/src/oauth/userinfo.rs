//! OpenID Connect's answer to "who is this?".

use axum::Json;
use axum::extract::State;
use entities::Account;
use serde::Serialize;
use shared::{ApiResult, App, Auth, Error};

#[derive(Debug, Serialize)]
pub(super) struct UserInfo {
    iss: String,
    sub: String,
    name: String,
    preferred_username: String,
    profile: String,
    picture: String,
}

pub(super) async fn show(State(app): State<App>, auth: Auth) -> ApiResult<Json<UserInfo>> {
    let user = auth.require_user(&["profile"])?;
    let mut conn = app.db.acquire().await?;
    let accounts = Account::load_many(&mut conn, &app.urls, Some(user.account_id), &[user.account_id]).await?;
    let account = accounts.into_iter().next().ok_or_else(Error::not_found)?.into_inner();
    Ok(Json(UserInfo {
        iss: format!("{}/", app.urls.base()),
        sub: account.uri,
        name: account.display_name,
        preferred_username: account.username,
        profile: account.url,
        picture: account.avatar,
    }))
}
