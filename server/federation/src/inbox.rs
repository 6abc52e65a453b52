//! Where other servers deliver. An activity is accepted once its row is committed; acting on it is the worker's.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use db::AccountId;
use http::{HeaderMap, StatusCode};
use inbox::SynchronizationHeader;
use jobs::inbox::{Arrival, accept};
use serde_json::Value;
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::{LocalAccount, PathParts, Suspension};
use crate::response::{COLLECTION, refusal};
use crate::signature;

/// Larger documents are refused unread.
const LIMIT: usize = 1024 * 1024;

pub(crate) async fn receive(State(app): State<App>, request: signature::Parts, body: Bytes) -> ApiResult<Response> {
    take(&app, &request, &body, Recipient::Server).await
}

pub(crate) async fn receive_for_instance(State(app): State<App>, request: signature::Parts, body: Bytes) -> ApiResult<Response> {
    take(&app, &request, &body, Recipient::Server).await
}

pub(crate) async fn receive_for_account(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    request: signature::Parts,
    body: Bytes,
) -> ApiResult<Response> {
    take(&app, &request, &body, Recipient::Account(path)).await
}

enum Recipient {
    Server,
    Account(PathParts),
}

async fn take(app: &App, request: &signature::Parts, body: &Bytes, recipient: Recipient) -> ApiResult<Response> {
    if body.len() > LIMIT {
        return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large", COLLECTION));
    }
    if is_about_a_stranger(app, body).await? {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let signer = match signature::verify(app, request, body).await? {
        Ok(signer) => signer,
        Err(refused) => return Ok(refused),
    };
    let mut tx = app.db.begin().await?;
    let delivered_to = match &recipient {
        Recipient::Server => None,
        Recipient::Account(path) => match LocalAccount::find(&mut tx, path).await? {
            None => return Ok(refusal(StatusCode::NOT_FOUND, "Not Found", COLLECTION)),
            Some(account) if account.suspension == Suspension::Permanent => {
                return Ok(refusal(StatusCode::GONE, "Gone", COLLECTION));
            }
            Some(account) => Some(account.id),
        },
    };
    let host = mark_available(&mut tx, signer).await?;
    if app.config.federation.followers_synchronization
        && let Some(header) = synchronization(request.headers())
    {
        header.compare(&mut tx, &app.renderer.uris, signer).await.map_err(anyhow::Error::from)?;
    }
    accept(&mut tx, &Arrival { account_id: signer, delivered_to_account_id: delivered_to, body: body.to_vec() })
        .await
        .map_err(anyhow::Error::from)?;
    tx.commit().await?;
    // Only shortens how long the host is still thought to be away; the row above is what counts.
    let _ = kv::federation::clear_delivery_failures(&app.kv, &[host]).await;
    Ok(StatusCode::ACCEPTED.into_response())
}

fn synchronization(headers: &HeaderMap) -> Option<SynchronizationHeader> {
    SynchronizationHeader::parse(headers.get("collection-synchronization")?.to_str().ok()?)
}

/// Actors that tell us of their own end or change, and whom we never knew: nothing to do and, their key being gone, nothing
/// to check. There are many of them, so they are answered before any signature.
async fn is_about_a_stranger(app: &App, body: &[u8]) -> ApiResult<bool> {
    let Ok(Value::Object(activity)) = serde_json::from_slice::<Value>(body) else { return Ok(false) };
    if !matches!(activity.get("type").and_then(Value::as_str), Some("Delete" | "Update")) {
        return Ok(false);
    }
    let id = |value: Option<&Value>| match value {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Object(object)) => object.get("id").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let (Some(actor), Some(object)) = (id(activity.get("actor")), id(activity.get("object"))) else { return Ok(false) };
    if actor != object || actor.contains('\0') {
        return Ok(false);
    }
    let mut conn = app.db.acquire().await?;
    let known = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM accounts WHERE uri = $1) AS "known!""#, actor)
        .fetch_one(&mut *conn)
        .await?;
    Ok(!known)
}

/// A host that sends is a host that can be reached again. Answers its name, with the port where its URL has one.
async fn mark_available(conn: &mut PgConnection, signer: AccountId) -> Result<String, sqlx::Error> {
    let row = sqlx::query!("SELECT inbox_url, domain FROM accounts WHERE id = $1", signer).fetch_one(&mut *conn).await?;
    let host = url::Url::parse(&row.inbox_url).ok().and_then(|url| match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => Some(format!("{host}:{port}")),
        (host, _) => host.map(str::to_owned),
    });
    let host = host.or(row.domain).unwrap_or_default();
    jobs::host_is_alive(conn, &host).await?;
    Ok(host)
}
