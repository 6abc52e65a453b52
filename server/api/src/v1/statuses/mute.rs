//! Muting the conversation of a status, and hearing of it again.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use entities::Status;
use services::mute_conversation::{mute_conversation, unmute_conversation};
use shared::{ApiResult, App, Auth, ById, Params};

use super::{answer, user_who_sees};

const SCOPES: [&str; 2] = ["write", "write:mutes"];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/mute", post(create)).route("/api/v1/statuses/{id}/unmute", post(delete))
}

async fn create(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>> {
    let account = user_who_sees(&app, &auth, params.id, &SCOPES).await?;
    let mut tx = app.db.begin().await?;
    mute_conversation(&mut tx, account, params.id).await?;
    answer(&app, tx, account, params.id).await
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>> {
    let account = user_who_sees(&app, &auth, params.id, &SCOPES).await?;
    let mut tx = app.db.begin().await?;
    unmute_conversation(&mut tx, account, params.id).await?;
    answer(&app, tx, account, params.id).await
}
