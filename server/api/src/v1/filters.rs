//! Filters as clients before version 4 know them: one for each keyword.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::{Filter, FilterV1};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::json;
use services::custom_filter::{self, FilterDraft};
use shared::{ApiResult, App, Auth, ById, Error, Flag, IdParam, OneOrMany, Params};

use crate::v2::filters::{expiry, tell_streams};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/filters", get(list).post(create))
        .route("/api/v1/filters/{id}", get(show).put(update).patch(update).delete(delete))
}

/// Since when there is something better.
static DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SINCE: HeaderValue = HeaderValue::from_static("@1668384000");

fn deprecated(body: impl Serialize) -> Response {
    ([(DEPRECATION.clone(), SINCE)], Json(body)).into_response()
}

async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    let filters = Filter::load_all(&mut *app.db.acquire().await?, account).await?;
    let filters: Vec<FilterV1> = filters.iter().flat_map(FilterV1::of).collect();
    Ok(deprecated(filters))
}

/// The keyword as a filter, and the filter that it belongs to.
async fn load(conn: &mut PgConnection, account: AccountId, id: i64) -> ApiResult<(FilterV1, Filter)> {
    let filters = Filter::load_all(conn, account).await?;
    let found = filters.into_iter().find_map(|filter| {
        let keyword = FilterV1::of(&filter).into_iter().find(|keyword| keyword.id.0 == id)?;
        Some((keyword, filter))
    });
    found.ok_or_else(Error::not_found)
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:filters"])?.account_id;
    Ok(deprecated(load(&mut *app.db.acquire().await?, account, params.id).await?.0))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Write {
    id: i64,
    phrase: Option<String>,
    context: Option<OneOrMany<String>>,
    irreversible: Flag,
    whole_word: Flag,
    expires_in: IdParam,
}

impl Write {
    fn draft(&self, expires_sent: bool) -> FilterDraft {
        let action = self.irreversible.given().map(|hide| if hide { "hide" } else { "warn" });
        FilterDraft {
            title: self.phrase.clone(),
            context: self.context.as_ref().map(|context| context.0.clone()),
            action: action.map(str::to_owned),
            expires_in: expiry(expires_sent, self.expires_in),
        }
    }
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Response> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    let now = app.clock.now_naive();
    let mut tx = app.db.begin().await?;
    let filter = custom_filter::create(&mut tx, account, &params.draft(params.has("expires_in")), now).await?;
    let keyword = params.phrase.as_deref().unwrap_or_default();
    let id = custom_filter::create_keyword(&mut tx, filter, keyword, params.whole_word.given(), now).await?;
    let (keyword, _) = load(&mut tx, account, id).await?;
    tx.commit().await?;
    tell_streams(&app, account).await;
    Ok(deprecated(keyword))
}

/// What belongs to several keywords cannot be changed through one of them.
async fn update(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Response> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    let now = app.clock.now_naive();
    let mut tx = app.db.begin().await?;
    let (_, before) = load(&mut tx, account, params.id).await?;
    let (phrase, whole_word) = (params.phrase.as_deref(), params.whole_word.given());
    let filter = custom_filter::update_keyword(&mut tx, account, params.id, phrase, whole_word, now).await?;
    let changed = custom_filter::update(&mut tx, account, filter, &params.draft(params.has("expires_in")), now).await?;
    if changed && before.keywords.is_some_and(|keywords| keywords.len() > 1) {
        return Err(Error::unprocessable(
            "These parameters cannot be changed from this application because they apply to more than one filter keyword. \
             Use a more recent application or the web interface.",
        ));
    }
    let (keyword, _) = load(&mut tx, account, params.id).await?;
    tx.commit().await?;
    tell_streams(&app, account).await;
    Ok(deprecated(keyword))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Response> {
    let account = auth.require_user(&["write", "write:filters"])?.account_id;
    custom_filter::delete_keyword(&mut *app.db.acquire().await?, account, params.id).await?;
    tell_streams(&app, account).await;
    Ok(deprecated(json!({})))
}
