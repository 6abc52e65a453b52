//! The accounts in a collection.

use axum::extract::State;
use axum::response::Response;
use axum::routing::{self, post};
use axum::{Json, Router};
use entities::CollectionItem;
use serde::{Deserialize, Serialize};
use services::collection;
use shared::{ApiResult, App, Auth, Error, IdParam, Params};

use super::{WRITE, done, load};

pub(super) fn under(version: &str) -> Router<App> {
    let items = format!("{version}/collections/{{collection_id}}/items");
    Router::new()
        .route(&items, post(create))
        .route(&format!("{items}/{{id}}"), routing::delete(delete))
        .route(&format!("{items}/{{id}}/revoke"), post(revoke))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    collection_id: i64,
    account_id: IdParam,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct One {
    collection_id: i64,
    id: i64,
}

#[derive(Debug, Serialize)]
struct Made {
    collection_item: CollectionItem,
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Create>) -> ApiResult<Json<Made>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    let collection = load(&mut tx, &app, &auth, params.collection_id).await?;
    let Some(account) = params.account_id.get() else {
        return Err(Error::unprocessable("`account_id` parameter is missing"));
    };
    let id = collection::add(&mut tx, &app.renderer, viewer, collection.id.0, account).await?;
    let collection = load(&mut tx, &app, &auth, params.collection_id).await?;
    let collection_item = collection.items.into_iter().find(|item| item.id.0 == id).ok_or_else(Error::not_found)?;
    tx.commit().await?;
    Ok(Json(Made { collection_item }))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<One>) -> ApiResult<Response> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    collection::remove(&mut tx, &app.renderer, viewer, params.collection_id, params.id).await?;
    tx.commit().await?;
    Ok(done())
}

async fn revoke(State(app): State<App>, auth: Auth, params: Params<One>) -> ApiResult<Response> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    collection::revoke(&mut tx, &app.renderer, viewer, params.collection_id, params.id).await?;
    tx.commit().await?;
    Ok(done())
}
