//! Collections of accounts (FEP-7aa9): a collection, its items, all of somebody's collections, and the stamps that show that a
//! local account agreed to stand in one.

use activitypub::render::collection::{Order, Parts, collection, page};
use activitypub::render::featured_collection::{FeatureAuthorization, FeaturedCollection};
use activitypub::render::{Rendered, Terms};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::TimeDelta;
use db::AccountId;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use services::collection::require_visible;
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::{Absent, PathParts, Visit, visit};
use crate::response::{self, COLLECTION, Caching, NEGOTIATED};
use crate::signature;

const PER_PAGE: i64 = 5;
/// After a change nobody keeps the document for long.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(15);

/// `/collections/1` for servers. Collections of others are where they came from.
///
/// # Errors
/// The database fails.
pub async fn show_by_id(app: &App, id: i64, headers: HeaderMap) -> ApiResult<Response> {
    let request = signature::Parts::get(&format!("/collections/{id}"), headers);
    let signer = match signature::required_if_authorized_fetch(app, &request).await? {
        Ok(signer) => signer,
        Err(refused) => return Ok(refused),
    };
    let mut conn = app.db.acquire().await?;
    if let Some(uri) =
        sqlx::query_scalar!(r#"SELECT uri AS "uri!" FROM collections WHERE id = $1 AND NOT local AND uri IS NOT NULL"#, id)
            .fetch_optional(&mut *conn)
            .await?
    {
        return Ok(response::redirect(StatusCode::FOUND, &uri, "no-cache", NEGOTIATED.vary));
    }
    document(app, &mut conn, signer, id).await
}

/// `/ap/users/1/collections/2`
pub(crate) async fn of_owner(
    app: &App,
    conn: &mut PgConnection,
    signer: Option<AccountId>,
    owner: AccountId,
    id: i64,
) -> ApiResult<Response> {
    let owned = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM collections WHERE id = $1 AND account_id = $2) AS "owned!""#,
        id,
        owner
    )
    .fetch_one(&mut *conn)
    .await?;
    if owned { document(app, conn, signer, id).await } else { Ok(Absent::NotFound.response(NEGOTIATED)) }
}

async fn document(app: &App, conn: &mut PgConnection, signer: Option<AccountId>, id: i64) -> ApiResult<Response> {
    if require_visible(conn, signer, id).await.is_err() {
        return Ok(Absent::NotFound.response(NEGOTIATED));
    }
    Ok(match app.renderer.featured_collection(conn, id).await? {
        Some(found) => answer(app, &found),
        None => Absent::NotFound.response(NEGOTIATED),
    })
}

fn answer(app: &App, found: &FeaturedCollection) -> Response {
    let settled = found.updated_at < app.clock.now_naive() - SETTLED_AFTER;
    let caching = NEGOTIATED.seconds(if settled { 300 } else { 30 });
    response::activity(&found.rendered().into_document(), open(app, caching))
}

/// What is shown to signed requests only is not for caches.
fn open(app: &App, caching: Caching) -> Caching {
    if signature::authorized_fetch(app) { caching.private() } else { caching }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params {
    page: Option<String>,
}

/// All that can be found of somebody's collections, the newest first; five to a page.
pub(crate) async fn list(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    Query(params): Query<Params>,
    request: signature::Parts,
) -> ApiResult<Response> {
    let Visit { mut conn, account, .. } = match visit(&app, &path, &request, NEGOTIATED).await? {
        Ok(visit) => visit,
        Err(refused) => return Ok(refused),
    };
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM collections WHERE account_id = $1 AND local AND discoverable"#,
        account.id
    )
    .fetch_one(&mut *conn)
    .await?;
    let id = app.renderer.uris.featured_collections(account.id);
    let Some(number) = params.page.as_deref().filter(|page| !page.is_empty()) else {
        let first = Some(Value::from(format!("{id}?page=1")));
        let body = collection(Order::Unordered, Parts { id: Some(id), total: Some(total), first, ..Parts::default() });
        return Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), open(&app, NEGOTIATED)));
    };
    let number = number.parse::<i64>().unwrap_or(1).clamp(1, 1_000_000);
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id FROM collections WHERE account_id = $1 AND local AND discoverable
        ORDER BY id DESC OFFSET $2 LIMIT $3
        "#,
        account.id,
        (number - 1) * PER_PAGE,
        PER_PAGE
    )
    .fetch_all(&mut *conn)
    .await?;
    let found = app.renderer.featured_collections(&mut conn, &ids).await?;
    let mut terms = Terms::NONE;
    let items = found
        .iter()
        .map(|found| {
            let rendered = found.rendered();
            terms = terms.union(rendered.terms);
            rendered.body
        })
        .collect();
    let body = page(
        Order::Unordered,
        Parts {
            total: Some(total),
            next: (number * PER_PAGE < total).then(|| format!("{id}?page={}", number + 1)),
            prev: (number > 1).then(|| format!("{id}?page={}", number - 1)),
            part_of: Some(id.clone()),
            items: Some(items),
            id: Some(format!("{id}?page={number}")),
            ..Parts::default()
        },
    );
    Ok(response::activity(&Rendered { body, terms }.into_document(), open(&app, NEGOTIATED.seconds(0))))
}

/// An account in a local collection, once it agreed.
pub(crate) async fn item(State(app): State<App>, Path(path): Path<PathParts>, request: signature::Parts) -> ApiResult<Response> {
    let Visit { signer, mut conn, account } = match visit(&app, &path, &request, NEGOTIATED).await? {
        Ok(visit) => visit,
        Err(refused) => return Ok(refused),
    };
    let id = number(&path, "item_id");
    let collection = sqlx::query_scalar!(
        r#"
        SELECT c.id FROM collection_items i JOIN collections c ON c.id = i.collection_id AND c.local
        WHERE i.id = $1 AND c.account_id = $2 AND i.state = 1
        "#,
        id,
        account.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(collection) = collection else { return Ok(Absent::NotFound.response(NEGOTIATED)) };
    if require_visible(&mut conn, signer, collection).await.is_err() {
        return Ok(Absent::NotFound.response(NEGOTIATED));
    }
    Ok(match app.renderer.featured_item(&mut conn, id).await? {
        Some(found) => response::activity(&found.rendered().into_document(), open(&app, NEGOTIATED)),
        None => Absent::NotFound.response(NEGOTIATED),
    })
}

/// The stamp of a local account, only while it agrees: whoever takes the permission back takes the stamp away.
pub(crate) async fn authorization(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    request: signature::Parts,
) -> ApiResult<Response> {
    const CACHING: Caching = COLLECTION.seconds(30);
    let Visit { signer, mut conn, account } = match visit(&app, &path, &request, COLLECTION).await? {
        Ok(visit) => visit,
        Err(refused) => return Ok(refused),
    };
    let row = sqlx::query!(
        r#"
        SELECT i.id, c.id AS collection_id, c.account_id AS owner, c.local, c.uri
        FROM collection_items i JOIN collections c ON c.id = i.collection_id
        WHERE i.id = $1 AND i.account_id = $2 AND i.state = 1
        "#,
        number(&path, "item_id"),
        account.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(Absent::NotFound.response(COLLECTION)) };
    // The owner's server asks in the owner's name or in its own; only those whom the owner shuts out learn nothing.
    if require_visible(&mut conn, signer, row.collection_id).await.is_err() {
        return Ok(Absent::NotFound.response(COLLECTION));
    }
    let uris = &app.renderer.uris;
    let collection = if row.local { Some(uris.collection(row.owner, row.collection_id)) } else { row.uri };
    let Some(collection) = collection else { return Ok(Absent::NotFound.response(COLLECTION)) };
    let (id, owner) = (uris.feature_authorization(account.id, row.id), account.uri(uris));
    let stamp = FeatureAuthorization { id: &id, account: &owner, collection: &collection };
    Ok(response::activity(&stamp.rendered().into_document(), open(&app, CACHING)))
}

fn number(path: &PathParts, name: &str) -> i64 {
    path.get(name).and_then(|id| id.parse().ok()).unwrap_or_default()
}
