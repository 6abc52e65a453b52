//! Who may quote a status that stands already.

use axum::extract::State;
use axum::routing::put;
use axum::{Json, Router};
use entities::Status;
use serde::Deserialize;
use services::quote;
use shared::{ApiResult, App, Auth, Params};

use super::{WRITE, answer, user_who_sees};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/interaction_policy", put(update).patch(update))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    id: i64,
    quote_approval_policy: Option<String>,
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Json<Status>> {
    let account = user_who_sees(&app, &auth, params.id, &WRITE).await?;
    let mut tx = app.db.begin().await?;
    quote::set_policy(&mut tx, &app.config, account, params.id, params.quote_approval_policy.as_deref()).await?;
    answer(&app, tx, account, params.id).await
}
