//! What one notes about an account, for oneself alone.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use db::AccountId;
use entities::Relationship;
use serde::Deserialize;
use services::note;
use shared::{ApiResult, App, Auth, Params};

use super::{answer, require_account};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/note", post(update))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Note {
    id: AccountId,
    comment: String,
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Note>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&["write", "write:accounts"])?.account_id;
    let mut tx = app.db.begin().await?;
    require_account(&mut tx, params.id).await?;
    note::set(&mut tx, viewer, params.id, &params.comment).await?;
    answer(&app, tx, viewer, params.id).await
}
