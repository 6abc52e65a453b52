//! The replies that a post's own server lists, as far as they are fetched when the post comes in.

use activitypub::document::value;
use activitypub::fetch::{fetch_document, has_supported_context, same_host};
use db::{PgConnection, StatusId};
use jobs::inbox::{FetchReplies, FetchReply};
use serde_json::Value;

use crate::Inbox;
use crate::error::Result;

/// So many replies of one listing are fetched.
const MOST: usize = 5;

/// Has the replies fetched: those that the post itself lists, or else the collection it names.
pub(crate) async fn ask(conn: &mut PgConnection, status_id: StatusId, object: &Value, author_uri: &str) -> Result<()> {
    let Some(collection) = object.get("replies").filter(|value| !value.is_null()) else { return Ok(()) };
    let embedded = match collection {
        Value::Object(_) => items_of_embedded(collection),
        _ => None,
    };
    match embedded {
        Some(items) => jobs::enqueue_many(conn, &jobs_for(&items, author_uri)).await?,
        None => {
            if let Some(uri) = value::id(Some(collection)).filter(|uri| same_host(uri, author_uri)) {
                jobs::enqueue(conn, &FetchReplies { status_id, uri: uri.to_owned() }).await?;
            }
        }
    }
    Ok(())
}

/// Of the first page where it stands in the document.
fn items_of_embedded(collection: &Value) -> Option<Vec<Value>> {
    if let Some(first @ Value::Object(_)) = collection.get("first") {
        return Some(items(first));
    }
    let own = items(collection);
    (!own.is_empty() || collection.get("first").is_none_or(Value::is_null)).then_some(own)
}

pub(crate) fn items(collection: &Value) -> Vec<Value> {
    let kind = collection.get("type").and_then(Value::as_str);
    let member = if matches!(kind, Some("OrderedCollection" | "OrderedCollectionPage")) { "orderedItems" } else { "items" };
    value::many(collection.get(member)).to_vec()
}

/// Only replies on the author's own server are taken from a listing: it cannot speak for others.
fn jobs_for(items: &[Value], author_uri: &str) -> Vec<FetchReply> {
    let uris = items.iter().filter_map(|item| value::id(Some(item))).filter(|uri| same_host(uri, author_uri));
    uris.take(MOST).map(|uri| FetchReply { uri: uri.to_owned(), thread_of: None }).collect()
}

/// Reads the first page of a post's collection of replies and has each reply fetched.
///
/// # Errors
/// The server could not be asked, or the database failed.
pub async fn fetch_replies(inbox: &Inbox<'_>, job: &FetchReplies) -> Result<()> {
    let author = sqlx::query_scalar!(
        "SELECT a.uri FROM statuses s JOIN accounts a ON a.id = s.account_id
         WHERE s.id = $1 AND s.deleted_at IS NULL AND a.domain IS NOT NULL",
        job.status_id
    )
    .fetch_optional(&mut *inbox.db.acquire().await?)
    .await?;
    let Some(author) = author.filter(|author| same_host(author, &job.uri)) else { return Ok(()) };
    let signer = inbox.resolver.signer().await?;
    let (collection, _) = fetch_document(inbox.http, Some(signer), &job.uri).await?;
    if !has_supported_context(&collection) {
        return Ok(());
    }
    let found = match collection.get("first") {
        Some(page @ Value::Object(_)) => items(page),
        Some(Value::String(uri)) if same_host(uri, &author) => items(&fetch_document(inbox.http, Some(signer), uri).await?.0),
        _ => items(&collection),
    };
    jobs::enqueue_many(&mut *inbox.db.acquire().await?, &jobs_for(&found, &author)).await?;
    Ok(())
}
