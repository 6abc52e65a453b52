//! The viewer's filters with their keywords and statuses.

mod keywords;
mod statuses;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::Filter;
use kv::publish::{Channel, Message, publish};
use serde::Deserialize;
use serde_json::{Value, json};
use services::custom_filter::{self, FilterDraft, KeywordChange};
use shared::{ApiResult, App, Auth, ById, Error, Flag, IdParam, OneOrMany, Params};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/filters", get(list).post(create))
        .route("/api/v2/filters/{id}", get(show).put(update).patch(update).delete(delete))
        .merge(keywords::routes())
        .merge(statuses::routes())
}

/// Open streams load the filters anew, and clients ask again.
pub(crate) async fn tell_streams(app: &App, account: AccountId) {
    let told = async {
        let message = Message::bare("filters_changed")?;
        publish(&app.kv, &[(Channel::Home(account), message.clone()), (Channel::System(account), message)]).await
    };
    if let Err(error) = told.await {
        tracing::warn!(%error, "streams are not told of changed filters");
    }
}

/// `expires_in` as it is sent: blank means for ever, absent means as before.
pub(crate) fn expiry(sent: bool, seconds: IdParam) -> Option<Option<i64>> {
    sent.then(|| seconds.get())
}

async fn load(conn: &mut PgConnection, account: AccountId, id: i64) -> ApiResult<Filter> {
    let filters = Filter::load_all(conn, account).await?;
    filters.into_iter().find(|filter| filter.id.0 == id).ok_or_else(Error::not_found)
}

async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Json<Vec<Filter>>> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    Ok(Json(Filter::load_all(&mut *app.db.acquire().await?, account).await?))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Filter>> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    Ok(Json(load(&mut *app.db.acquire().await?, account, params.id).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Write {
    id: i64,
    title: Option<String>,
    context: Option<OneOrMany<String>>,
    filter_action: Option<String>,
    expires_in: IdParam,
    keywords_attributes: Vec<Keyword>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Keyword {
    id: IdParam,
    keyword: Option<String>,
    whole_word: Flag,
    #[serde(rename = "_destroy")]
    destroy: bool,
}

impl Write {
    fn draft(&self, expires_sent: bool) -> FilterDraft {
        FilterDraft {
            title: self.title.clone(),
            context: self.context.as_ref().map(|context| context.0.clone()),
            action: self.filter_action.clone(),
            expires_in: expiry(expires_sent, self.expires_in),
        }
    }

    fn keywords(&self) -> Vec<KeywordChange> {
        let change = |sent: &Keyword| KeywordChange {
            id: sent.id.get(),
            keyword: sent.keyword.clone(),
            whole_word: sent.whole_word.given(),
            remove: sent.destroy,
        };
        self.keywords_attributes.iter().map(change).collect()
    }
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<Filter>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    let now = app.clock.now_naive();
    let mut tx = app.db.begin().await?;
    let id = custom_filter::create(&mut tx, account, &params.draft(params.has("expires_in")), now).await?;
    custom_filter::change_keywords(&mut tx, id, &params.keywords(), now).await?;
    let filter = load(&mut tx, account, id).await?;
    tx.commit().await?;
    tell_streams(&app, account).await;
    Ok(Json(filter))
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<Filter>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    let now = app.clock.now_naive();
    let mut tx = app.db.begin().await?;
    let draft = params.draft(params.has("expires_in"));
    let changed = custom_filter::update(&mut tx, account, params.id, &draft, now).await?;
    let changed = custom_filter::change_keywords(&mut tx, params.id, &params.keywords(), now).await? || changed;
    let filter = load(&mut tx, account, params.id).await?;
    tx.commit().await?;
    if changed {
        tell_streams(&app, account).await;
    }
    Ok(Json(filter))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    custom_filter::delete(&mut *app.db.acquire().await?, account, params.id).await?;
    tell_streams(&app, account).await;
    Ok(Json(json!({})))
}
