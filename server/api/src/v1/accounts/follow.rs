//! Following an account and giving it up.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use db::AccountId;
use entities::Relationship;
use kv::activity::{self, Counter};
use kv::rate_limit::Family;
use serde::Deserialize;
use services::follow::{self, FollowOptions};
use shared::{ApiResult, App, Auth, ById, Error, Flag, OneOrMany, Params};

use super::{answer, require_reachable};
use crate::budget::Budget;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/follow", post(follow)).route("/api/v1/accounts/{id}/unfollow", post(unfollow))
}

pub(super) const SCOPES: [&str; 3] = ["follow", "write", "write:follows"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Follow {
    id: AccountId,
    reblogs: Flag,
    notify: Flag,
    languages: Option<OneOrMany<String>>,
}

async fn follow(State(app): State<App>, auth: Auth, params: Params<Follow>) -> ApiResult<Response> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_reachable(&mut tx, params.id).await?;
    if viewer == params.id {
        return Err(Error::new(http::StatusCode::FORBIDDEN, "Following your own account is not allowed"));
    }
    let stands = follow::stands(&mut tx, viewer, params.id).await?;
    drop(tx);
    if stands {
        return Ok(make(&app, viewer, &params).await?.into_response());
    }
    let budget = Budget::take(&app, viewer, Family::Follows).await?;
    let made = make(&app, viewer, &params).await;
    if made.is_err() {
        budget.give_back(&app).await;
    } else if let Err(error) = activity::increment(&app.kv, Counter::Interactions, app.clock.now()).await {
        tracing::debug!(%error, "a follow is not counted");
    }
    Ok((budget.limit(), made?).into_response())
}

async fn make(app: &App, viewer: AccountId, params: &Params<Follow>) -> ApiResult<Json<Relationship>> {
    let choice = |name: &str, flag: Flag| params.has(name).then(|| flag.is_true());
    let options = FollowOptions {
        reblogs: choice("reblogs", params.reblogs),
        notify: choice("notify", params.notify),
        languages: params.languages.as_ref().map(|languages| languages.0.clone()),
        ..FollowOptions::default()
    };
    let mut tx = app.db.begin().await?;
    let followed = follow::follow(&mut tx, &app.renderer, viewer, params.id, &options).await?;
    let Json(mut relationship) = answer(app, tx, viewer, params.id).await?;
    if followed.is_presumed() {
        relationship.following = true;
        relationship.requested = false;
    }
    Ok(Json(relationship))
}

async fn unfollow(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Relationship>> {
    let viewer = auth.require_user(&SCOPES)?.account_id;
    let mut tx = app.db.begin().await?;
    require_reachable(&mut tx, params.id).await?;
    follow::unfollow(&mut tx, &app.renderer, viewer, params.id).await?;
    answer(&app, tx, viewer, params.id).await
}
