//! Who follows whom: counts for everybody, names page by page unless the account hides them.

use activitypub::render::collection::{Order, Parts, collection, page};
use activitypub::render::{Rendered, Terms};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use db::uri::Uris;
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::Value;
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::{LocalAccount, PathParts, Visit, visit};
use crate::response::{self, COLLECTION, NEGOTIATED, refusal};
use crate::signature;

const LIMIT: i64 = 12;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params {
    page: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Followers,
    Following,
}

struct UriRow {
    id: i64,
    username: String,
    domain: Option<String>,
    uri: String,
    id_scheme: Option<i32>,
}

impl UriRow {
    fn into_uri(self, uris: &Uris) -> String {
        match self.domain {
            Some(_) => self.uri,
            None => uris.account(self.id, &self.username, self.id_scheme),
        }
    }
}

pub(crate) async fn followers(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    Query(params): Query<Params>,
    request: signature::Parts,
) -> ApiResult<Response> {
    show(&app, &path, &params, &request, Side::Followers).await
}

pub(crate) async fn following(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    Query(params): Query<Params>,
    request: signature::Parts,
) -> ApiResult<Response> {
    show(&app, &path, &params, &request, Side::Following).await
}

/// `/@alice/followers` and `/@alice/following` for those who ask for a document.
///
/// # Errors
/// The database fails.
pub async fn show_by_name(app: &App, username: &str, which: &str, uri: &Uri, headers: HeaderMap) -> ApiResult<Response> {
    let path = PathParts::from([("username".to_owned(), username.to_owned())]);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let params = Query::<Params>::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
    let side = if which == "followers" { Side::Followers } else { Side::Following };
    show(app, &path, &params, &signature::Parts::get(target, headers), side).await
}

async fn show(app: &App, path: &PathParts, params: &Params, request: &signature::Parts, side: Side) -> ApiResult<Response> {
    let Visit { mut conn, account, .. } = match visit(app, path, request, NEGOTIATED).await? {
        Ok(visit) => visit,
        Err(refused) => return Ok(refused),
    };
    let (name, total) = match side {
        Side::Followers => ("followers", account.followers_count),
        Side::Following => ("following", account.following_count),
    };
    let id = format!("{}/{name}", account.uri(&app.renderer.uris));
    let hidden = account.hide_collections == Some(true);
    let Some(number) = params.page.as_deref().filter(|page| !page.is_empty()) else {
        let first = (!hidden).then(|| Value::from(format!("{id}?page=1")));
        let body = collection(Order::Ordered, Parts { id: Some(id), total: Some(total), first, ..Parts::default() });
        return Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), NEGOTIATED));
    };
    if hidden {
        return Ok(refusal(StatusCode::FORBIDDEN, "Forbidden", NEGOTIATED));
    }
    let number = number.parse::<i64>().unwrap_or(1).clamp(1, 1_000_000);
    let mut rows = uri_rows(&mut conn, account.id, side, number).await?;
    let limit = usize::try_from(LIMIT).unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let items = rows.into_iter().map(|row| Value::from(row.into_uri(&app.renderer.uris))).collect();
    let body = page(
        Order::Ordered,
        Parts {
            total: Some(total),
            next: more.then(|| format!("{id}?page={}", number + 1)),
            prev: (number > 1).then(|| format!("{id}?page={}", number - 1)),
            part_of: Some(id.clone()),
            items: Some(items),
            id: Some(format!("{id}?page={number}")),
            ..Parts::default()
        },
    );
    Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), NEGOTIATED.seconds(0)))
}

/// One row more than a page holds, to know whether there is another.
async fn uri_rows(conn: &mut PgConnection, account_id: i64, side: Side, number: i64) -> Result<Vec<UriRow>, sqlx::Error> {
    let offset = (number - 1) * LIMIT;
    match side {
        Side::Followers => {
            sqlx::query_as!(
                UriRow,
                r#"
                SELECT a.id, a.username, a.domain, a.uri, a.id_scheme
                FROM follows f JOIN accounts a ON a.id = f.account_id
                WHERE f.target_account_id = $1
                ORDER BY f.id DESC OFFSET $2 LIMIT $3
                "#,
                account_id,
                offset,
                LIMIT + 1
            )
            .fetch_all(conn)
            .await
        }
        Side::Following => {
            sqlx::query_as!(
                UriRow,
                r#"
                SELECT a.id, a.username, a.domain, a.uri, a.id_scheme
                FROM follows f JOIN accounts a ON a.id = f.target_account_id
                WHERE f.account_id = $1
                ORDER BY f.id DESC OFFSET $2 LIMIT $3
                "#,
                account_id,
                offset,
                LIMIT + 1
            )
            .fetch_all(conn)
            .await
        }
    }
}

/// The followers that live on the asking server, so that it can set its own list right (FEP-8fcf).
pub(crate) async fn synchronization(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    request: signature::Parts,
) -> ApiResult<Response> {
    let signer = match signature::required(&app, &request).await? {
        Ok(signer) => signer,
        Err(refused) => return Ok(refused),
    };
    let mut conn = app.db.acquire().await?;
    let account = match LocalAccount::find_shown(&mut conn, &path).await? {
        Ok(account) => account,
        Err(absent) => return Ok(absent.response(COLLECTION)),
    };
    let items = followers_on_host_of(&mut conn, account.id, signer).await?;
    let body = collection(
        Order::Ordered,
        Parts {
            id: Some(app.renderer.uris.followers_synchronization(&account.username)),
            items: Some(items.into_iter().map(Value::from).collect()),
            ..Parts::default()
        },
    );
    Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), COLLECTION.private()))
}

/// Followers whose URI has the same scheme and host as the signer's.
async fn followers_on_host_of(conn: &mut PgConnection, account_id: i64, signer: i64) -> Result<Vec<String>, sqlx::Error> {
    let Some(uri) = sqlx::query_scalar!("SELECT uri FROM accounts WHERE id = $1", signer).fetch_optional(&mut *conn).await?
    else {
        return Ok(Vec::new());
    };
    let Some(origin) = url::Url::parse(&uri).ok().map(|url| format!("{}/", url.origin().ascii_serialization())) else {
        return Ok(Vec::new());
    };
    sqlx::query_scalar!(
        r#"
        SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.account_id
        WHERE f.target_account_id = $1 AND starts_with(a.uri, $2)
        ORDER BY a.uri
        "#,
        account_id,
        origin
    )
    .fetch_all(conn)
    .await
}
