//! Telling the moderators about an account.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use db::AccountId;
use entities::Report;
use kv::rate_limit::Family;
use serde::Deserialize;
use services::report::{Category, Complaint, report};
use shared::{ApiResult, App, Auth, Error, Flag, IdParam, OneOrMany, Params};

use crate::budget::Budget;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/reports", post(create))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    account_id: IdParam,
    status_ids: OneOrMany<i64>,
    collection_ids: OneOrMany<i64>,
    comment: String,
    category: String,
    rule_ids: OneOrMany<i64>,
    forward: Flag,
    forward_to_domains: Option<OneOrMany<String>>,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Response> {
    let viewer = auth.require_user(&["write", "write:reports"])?.account_id;
    let target = params.account_id.get().ok_or_else(Error::not_found)?;
    let complaint = complaint(&auth, &params)?;
    let budget = Budget::take(&app, viewer, Family::Reports).await?;
    let made = make(&app, viewer, target, &complaint).await;
    if made.is_err() {
        budget.give_back(&app).await;
    }
    Ok((budget.limit(), made?).into_response())
}

fn complaint(auth: &Auth, params: &Create) -> ApiResult<Complaint> {
    let category = match params.category.as_str() {
        "" => Category::default(),
        name => Category::from_name(name).ok_or_else(|| services::Error::invalid("Category is not included in the list"))?,
    };
    Ok(Complaint {
        statuses: params.status_ids.0.clone(),
        collections: params.collection_ids.0.clone(),
        comment: params.comment.clone(),
        category,
        rules: params.rule_ids.0.clone(),
        forward: params.forward.is_true(),
        forward_to_domains: params.forward_to_domains.as_ref().map(|domains| domains.0.clone()),
        application_id: auth.token().and_then(|token| token.application_id),
    })
}

async fn make(app: &App, viewer: AccountId, target: AccountId, complaint: &Complaint) -> ApiResult<Json<Report>> {
    let mut tx = app.db.begin().await?;
    let id = report(&mut tx, &app.renderer, viewer, target, complaint).await?;
    let report = Report::load_many(&mut tx, &app.urls, Some(viewer), &[id]).await?.pop().ok_or_else(Error::not_found)?;
    tx.commit().await?;
    Ok(Json(report))
}
