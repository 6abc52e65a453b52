//! What blocking a server would end.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use services::block_domain;
use shared::{ApiResult, App, Auth, Params};

use super::{Domain, WRITE};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/domain_blocks/preview", get(show))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<Domain>) -> ApiResult<Json<Value>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let severed = block_domain::preview(&mut *app.db.acquire().await?, viewer, &params.domain).await?;
    Ok(Json(json!({ "following_count": severed.following, "followers_count": severed.followers })))
}
