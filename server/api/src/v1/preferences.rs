//! What the viewer chose on the settings pages.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use entities::Preferences;
use shared::{ApiResult, App, Auth, Error};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/preferences", get(show))
}

async fn show(State(app): State<App>, auth: Auth) -> ApiResult<Json<Preferences>> {
    let user = auth.require_user(&["read", "read:accounts"])?;
    let row = db::users::find_by_account(&mut *app.db.acquire().await?, user.account_id).await?.ok_or_else(Error::not_found)?;
    Ok(Json(Preferences::new(&row, user.locked, &app.config.federation.default_locale)))
}
