//! Statuses: posted, read, edited, deleted.

mod bookmark;
mod context;
mod favourite;
mod favourited_by;
mod history;
mod interaction_policy;
mod mute;
mod params;
mod pin;
mod quotes;
mod reblog;
mod reblogged_by;
mod source;
mod translate;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, StatusId, Tx};
use entities::{Account, ScheduledStatus, Status};
use http::{HeaderMap, StatusCode};
use kv::activity::{self, Counter};
use kv::posting;
use kv::rate_limit::Family;
use serde::Deserialize;
use serde_json::json;
use services::draft::mentions;
use services::edit_status::edit_status;
use services::post_status::{Draft, post_status};
use services::remove_status::{Removal, remove_status};
use services::schedule_status::schedule_status;
use services::visibility::{is_visible, keep_listable};
use shared::{ApiResult, App, Auth, ById, Error, Flag, OneOrMany, Params, cache};

pub(super) use self::params::time;

use crate::budget::Budget;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/statuses", get(list).post(create))
        .route("/api/v1/statuses/{id}", get(show).put(update).patch(update).delete(delete))
        .merge(bookmark::routes())
        .merge(context::routes())
        .merge(favourite::routes())
        .merge(favourited_by::routes())
        .merge(history::routes())
        .merge(interaction_policy::routes())
        .merge(mute::routes())
        .merge(pin::routes())
        .merge(quotes::routes())
        .merge(reblog::routes())
        .merge(reblogged_by::routes())
        .merge(source::routes())
        .merge(translate::routes())
}

/// More ids in one request are refused.
const MAX_IDS: usize = 20;
const READ: [&str; 2] = ["read", "read:statuses"];
const WRITE: [&str; 2] = ["write", "write:statuses"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ids {
    id: OneOrMany<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delete {
    id: i64,
    delete_media: Flag,
}

/// The answer to what somebody did with a status: how it looks to them now. Commits.
async fn answer(app: &App, mut tx: Tx, viewer: AccountId, id: StatusId) -> ApiResult<Json<Status>> {
    let status = Status::load(&mut tx, &app.urls, Some(viewer), id).await?.ok_or_else(Error::not_found_plain)?;
    tx.commit().await?;
    Ok(Json(status))
}

/// What a mark may have saved from the automatic deletion of old posts is looked at again. Not only one's own: a needless look costs
/// less than asking whose it is.
async fn no_longer_saved(app: &App, account: AccountId, id: StatusId) {
    if let Err(error) = kv::account_cleanup::lower_cursor(&app.kv, account, id).await {
        tracing::debug!(%error, account, "an old post is looked at later");
    }
}

/// Who may not see a status is told that there is none, before anything is said of their token (recorded: `anonymous_matrix`).
async fn user_who_sees(app: &App, auth: &Auth, id: StatusId, scopes: &[&str]) -> ApiResult<AccountId> {
    match auth.require_user(scopes) {
        Ok(user) => Ok(user.account_id),
        Err(refusal) => {
            require_visible(&mut app.db.begin().await?, auth.account_id(), id).await?;
            Err(refusal)
        }
    }
}

/// # Errors
/// 404 for what is not for the viewer's eyes.
async fn require_visible(tx: &mut Tx, viewer: Option<AccountId>, id: StatusId) -> ApiResult<()> {
    if is_visible(tx, viewer, id).await? { Ok(()) } else { Err(Error::not_found_plain()) }
}

async fn list(State(app): State<App>, auth: Auth, params: Params<Ids>) -> ApiResult<Json<Vec<Status>>> {
    auth.optional(&READ)?;
    let mut ids = params.into_inner().id.0;
    if ids.len() > MAX_IDS {
        return Err(Error::unprocessable("Mastodon::ValidationError"));
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    let viewer = auth.account_id();
    let mut conn = app.db.acquire().await?;
    let ids = keep_listable(&mut conn, viewer, &ids).await?;
    Ok(Json(Status::load_many(&mut conn, &app.urls, viewer, &ids).await?))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<(cache::Cache, Json<Status>)> {
    auth.optional(&READ)?;
    let viewer = auth.account_id();
    let mut tx = app.db.begin().await?;
    require_visible(&mut tx, viewer, params.id).await?;
    let status = Status::load(&mut tx, &app.urls, viewer, params.id).await?.ok_or_else(Error::not_found_plain)?;
    Ok((cache::for_visitors(&app, &auth), Json(status)))
}

async fn create(State(app): State<App>, auth: Auth, headers: HeaderMap, params: Params<params::Create>) -> ApiResult<Response> {
    let author = auth.require_user(&WRITE)?.account_id;
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).filter(|key| !key.is_empty());
    let application = auth.token().and_then(|token| token.application_id);
    let at = params.scheduled_at(app.clock.now_naive())?;
    let draft = Draft {
        application_id: application,
        idempotency_key: key.map(str::to_owned),
        remembered: match key {
            Some(key) => remembered(&app, author, key).await,
            None => None,
        },
        ..params.draft(params.raw())
    };
    if let Some(at) = at {
        return schedule(&app, author, &draft, at).await;
    }
    let budget = Budget::take(&app, author, Family::Statuses).await?;
    match post(&app, author, &draft).await {
        Ok((status, true)) => Ok((budget.limit(), status).into_response()),
        Ok((status, false)) => {
            budget.give_back(&app).await;
            Ok(status.into_response())
        }
        Err(error) => {
            budget.give_back(&app).await;
            Err(error)
        }
    }
}

/// The status, and whether it is new.
async fn post(app: &App, author: AccountId, draft: &Draft) -> ApiResult<(Json<Status>, bool)> {
    meet_mentioned(app, &draft.text).await?;
    let mut tx = app.db.begin().await?;
    let posted = match post_status(&mut tx, &app.config, author, draft).await {
        Err(services::Error::UnexpectedMentions(accounts)) => return Err(unexpected(app, &mut tx, author, &accounts).await?),
        posted => posted?,
    };
    let status = answer(app, tx, author, posted.id).await?;
    if posted.is_new {
        remember(app, author, draft, posted.id).await;
        if !status.tags.is_empty() {
            count_hashtags(app, posted.id).await;
        }
    }
    Ok((status, posted.is_new))
}

async fn schedule(app: &App, author: AccountId, draft: &Draft, at: chrono::NaiveDateTime) -> ApiResult<Response> {
    let mut tx = app.db.begin().await?;
    let id = schedule_status(&mut tx, &app.config, author, draft, at).await?;
    let scheduled = ScheduledStatus::load_many(&mut tx, &app.urls, author, &[id]).await?.into_iter().next();
    tx.commit().await?;
    Ok(Json(scheduled.ok_or_else(Error::not_found)?).into_response())
}

/// Accounts of other servers that nobody here knows are looked up first, so that the text can mention them. Who is not found
/// in time stays text.
async fn meet_mentioned(app: &App, text: &str) -> ApiResult<()> {
    let unknown = mentions::unknown_handles(&mut *app.db.acquire().await?, &app.config, text).await?;
    if !unknown.is_empty() {
        crate::meet::by_handles(app, unknown).await;
    }
    Ok(())
}

async fn unexpected(app: &App, tx: &mut Tx, viewer: AccountId, accounts: &[AccountId]) -> ApiResult<Error> {
    let accounts = Account::load_many(tx, &app.urls, Some(viewer), accounts).await?;
    let body = json!({ "error": "Post would be sent to unexpected accounts", "unexpected_accounts": accounts });
    Ok(Error::with_body(StatusCode::UNPROCESSABLE_ENTITY, body))
}

/// What a Mastodon on the same Redis posted with the key. Redis being away is no reason not to post.
async fn remembered(app: &App, author: AccountId, key: &str) -> Option<StatusId> {
    posting::idempotent_status(&app.kv, author, key)
        .await
        .inspect_err(|error| tracing::warn!(%error, "an idempotency key was not looked up in Redis"))
        .ok()
        .flatten()
}

async fn remember(app: &App, author: AccountId, draft: &Draft, id: StatusId) {
    if let Some(key) = &draft.idempotency_key
        && let Err(error) = posting::remember_idempotent_status(&app.kv, author, key, id).await
    {
        tracing::warn!(%error, "an idempotency key was not noted in Redis");
    }
    // The worker counts the status itself, when it distributes it.
    if draft.in_reply_to_id.is_some() {
        count(app, Counter::Interactions).await;
    }
}

async fn count_hashtags(app: &App, id: StatusId) {
    let counted = async { services::count_hashtags::count_hashtags(&mut *app.db.acquire().await?, &app.kv, id).await };
    if let Err(error) = counted.await {
        tracing::warn!(%error, "the hashtags of a status were not counted");
    }
}

/// For the server's statistics, which may miss some.
async fn count(app: &App, counter: Counter) {
    if let Err(error) = activity::increment(&app.kv, counter, app.clock.now()).await {
        tracing::warn!(%error, ?counter, "an activity was not counted");
    }
}

async fn update(State(app): State<App>, auth: Auth, params: Params<params::Update>) -> ApiResult<Response> {
    let author = auth.require_user(&WRITE)?.account_id;
    let budget = Budget::take(&app, author, Family::Statuses).await?;
    let edited = edit(&app, author, &params).await;
    if edited.is_err() {
        budget.give_back(&app).await;
    }
    Ok((budget.limit(), edited?).into_response())
}

async fn edit(app: &App, author: AccountId, params: &Params<params::Update>) -> ApiResult<Json<Status>> {
    let edit = params.edit(params.raw());
    meet_mentioned(app, &edit.text).await?;
    let mut tx = app.db.begin().await?;
    edit_status(&mut tx, &app.config, author, params.id, &edit).await?;
    answer(app, tx, author, params.id).await
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<Delete>) -> ApiResult<Json<Status>> {
    let author = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    let own = sqlx::query!(
        "SELECT id FROM statuses WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL FOR UPDATE",
        params.id,
        author
    )
    .fetch_optional(&mut *tx)
    .await?;
    own.ok_or_else(Error::not_found)?;
    let status = Status::load_as_typed(&mut tx, &app.urls, author, params.id).await?.ok_or_else(Error::not_found)?;
    remove_status(&mut tx, params.id, Removal { redraft: !params.delete_media.is_true() }).await?;
    tx.commit().await?;
    Ok(Json(status))
}
