//! Muting an account and taking it back.

use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use db::AccountId;
use entities::Relationship;
use serde::Deserialize;
use services::mute;
use shared::{ApiResult, App, Auth, ById, Flag, Params};

use super::{answer, require_reachable};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/mute", post(mute)).route("/api/v1/accounts/{id}/unmute", post(unmute))
}

const SCOPES: [&str; 3] = ["follow", "write", "write:mutes"];
/// A century: longer ones could leave what PostgreSQL can count.
const MAX_SECONDS: u64 = 100 * 366 * 24 * 60 * 60;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mute {
    id: AccountId,
    notifications: Flag,
    duration: i64,
}

async fn mute(State(app): State<App>, auth: Auth, params: Params<Mute>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let notifications = !params.has("notifications") || params.notifications.is_true();
    let duration = u64::try_from(params.duration).ok().filter(|seconds| *seconds > 0);
    let duration = duration.map(|seconds| Duration::from_secs(seconds.min(MAX_SECONDS)));
    let mut tx = app.db.begin().await?;
    require_reachable(&mut tx, params.id).await?;
    mute::mute(&mut tx, viewer, params.id, notifications, duration).await?;
    answer(&app, tx, viewer, params.id).await
}

async fn unmute(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_reachable(&mut tx, params.id).await?;
    mute::unmute(&mut tx, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}
