//! Collections of accounts.

mod items;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use db::PgConnection;
use entities::{Account, Collection, Shared};
use http::header;
use serde::{Deserialize, Serialize};
use services::collection::{self, Changes};
use shared::{ApiResult, App, Auth, ById, Error, Flag, OneOrMany, Params, cache};

pub(super) fn routes() -> Router<App> {
    under("/api/v1")
}

/// The same under another version's name.
pub(crate) fn under(version: &str) -> Router<App> {
    Router::new()
        .route(&format!("{version}/collections"), post(create))
        .route(&format!("{version}/collections/{{id}}"), get(show).put(update).patch(update).delete(delete))
        .merge(items::under(version))
}

pub(super) const READ: [&str; 2] = ["read", "read:collections"];
const WRITE: [&str; 2] = ["write", "write:collections"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Write {
    id: i64,
    name: Option<String>,
    description: Option<String>,
    language: Option<String>,
    sensitive: Flag,
    discoverable: Flag,
    tag_name: Option<String>,
    account_ids: OneOrMany<i64>,
}

#[derive(Debug, Serialize)]
struct One {
    collection: Collection,
}

#[derive(Debug, Serialize)]
struct WithAccounts {
    collection: Collection,
    /// The owner first.
    accounts: Vec<Shared<Account>>,
}

fn changes(params: &Params<Write>) -> Changes {
    let sent = |name: &str| params.has(name);
    let text = |name: &str, value: &Option<String>| sent(name).then(|| value.clone());
    Changes {
        name: text("name", &params.name),
        description: text("description", &params.description),
        language: text("language", &params.language),
        sensitive: sent("sensitive").then_some(params.sensitive.given()),
        discoverable: sent("discoverable").then_some(params.discoverable.given()),
        tag_name: text("tag_name", &params.tag_name),
    }
}

async fn load(conn: &mut PgConnection, app: &App, auth: &Auth, id: i64) -> ApiResult<Collection> {
    let found = Collection::load_many(conn, &app.urls, auth.account_id(), &[id]).await?;
    found.into_iter().next().ok_or_else(Error::not_found)
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<(cache::Cache, Json<WithAccounts>)> {
    auth.optional(&READ)?;
    let mut conn = app.db.acquire().await?;
    let owner = collection::require_visible(&mut conn, auth.account_id(), params.id).await?;
    let collection = load(&mut conn, &app, &auth, params.id).await?;
    let mut ids = vec![owner];
    ids.extend(collection.items.iter().filter_map(|item| item.account_id.map(|id| id.0)));
    let accounts = Account::load_many(&mut conn, &app.urls, auth.account_id(), &ids).await?;
    Ok((cache::for_visitors(&app, &auth), Json(WithAccounts { collection, accounts })))
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<One>> {
    let owner = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    let made = collection::create(&mut tx, &app.renderer, owner, &changes(&params), &params.account_ids.0).await;
    let id = made.map_err(refused)?;
    let collection = load(&mut tx, &app, &auth, id).await?;
    tx.commit().await?;
    Ok(Json(One { collection }))
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<One>> {
    let owner = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    collection::update(&mut tx, &app.renderer, owner, params.id, &changes(&params)).await.map_err(refused)?;
    let collection = load(&mut tx, &app, &auth, params.id).await?;
    tx.commit().await?;
    Ok(Json(One { collection }))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Response> {
    let owner = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    collection::delete(&mut tx, &app.renderer, owner, params.id).await?;
    tx.commit().await?;
    Ok(done())
}

/// Here the whole refusal stands within `error` (recorded).
fn refused(error: services::Error) -> Error {
    match error {
        services::Error::Invalid(validation) => Error::nested(validation),
        other => other.into(),
    }
}

/// Success without a word.
fn done() -> Response {
    ([(header::CONTENT_TYPE, "text/html")], "").into_response()
}
