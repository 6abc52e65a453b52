//! From the body of a request to the activity it holds, and to whoever deals with that kind.

use std::sync::atomic::{AtomicBool, Ordering};

use activitypub::document::value;
use activitypub::fetch::has_supported_context;
use activitypub::ld_signature;
use activitypub::resolve_account::ResolveError;
use jobs::inbox::Arrival;
use serde_json::Value;

use crate::activity::{Activity, Receipt, RemoteAccount};
use crate::error::{Error, Result};
use crate::{
    Inbox, accept, add, announce, block, create, delete, feature_request, flag, follow, like, move_actor, quote_request, reject,
    remove, undo, update,
};

/// Acts on a row of `ferrodon.inbox` and takes it away. A row that is gone was dealt with already.
///
/// # Errors
/// Those after which it is worth trying again; whatever will never succeed is dropped with a line in the log.
pub async fn process(inbox: &Inbox<'_>, inbox_id: i64) -> Result<()> {
    let Some(arrival) = jobs::inbox::find(&mut *inbox.db.acquire().await?, inbox_id).await? else { return Ok(()) };
    let receipt = Receipt { inbox_id, done: AtomicBool::new(false) };
    match take(inbox, &arrival, &receipt).await {
        Ok(()) => {}
        Err(error) if error.is_temporary() => return Err(error),
        Err(error) => tracing::info!(%error, account_id = arrival.account_id, "an activity was dropped"),
    }
    if !receipt.done.load(Ordering::Relaxed) {
        jobs::inbox::finish(&mut *inbox.db.acquire().await?, inbox_id).await?;
    }
    Ok(())
}

async fn take(inbox: &Inbox<'_>, arrival: &Arrival, receipt: &Receipt) -> Result<()> {
    let Ok(document @ Value::Object(_)) = serde_json::from_slice::<Value>(&arrival.body) else { return Ok(()) };
    if !has_supported_context(&document) || holds_nul(&document) {
        return Ok(());
    }
    let Some(signer) = RemoteAccount::find(&mut *inbox.db.acquire().await?, arrival.account_id).await? else { return Ok(()) };
    let named = value::id(value::first(document.get("actor")));
    if named.is_none_or(|actor| actor == signer.uri) {
        let signed = ld_signature::creator(&document).map(|_| arrival.body.as_slice());
        return dispatch(inbox, &document, &signer, None, arrival, signed, receipt).await;
    }
    let Some((document, actor)) = vouched_for(inbox, &document).await? else { return Ok(()) };
    dispatch(inbox, &document, &actor, Some(&signer), arrival, Some(&arrival.body), receipt).await
}

/// What somebody passed on, if the actor's own signature stands in it: the part that is covered, and the actor.
async fn vouched_for(inbox: &Inbox<'_>, document: &Value) -> Result<Option<(Value, RemoteAccount)>> {
    let Some(creator) = ld_signature::creator(document) else { return Ok(None) };
    let owner = match inbox.resolver.key_owner(creator).await {
        Ok(Some(owner)) => owner,
        Ok(None) | Err(ResolveError::Refused(_) | ResolveError::NotFound | ResolveError::Gone | ResolveError::Invalid(_)) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    match inbox.resolver.refuse_domain(&owner.domain).await {
        Err(ResolveError::Refused(_)) => return Ok(None),
        other => other?,
    }
    let (copy, key) = (document.clone(), owner.key);
    let checked = tokio::task::spawn_blocking(move || ld_signature::verify(&copy, &key)).await;
    let Ok(Ok(signed)) = checked else { return Ok(None) };
    let actor = RemoteAccount::find(&mut *inbox.db.acquire().await?, owner.account_id).await?;
    Ok(actor.filter(|actor| value::id(value::first(signed.get("actor"))) == Some(&actor.uri)).map(|actor| (signed, actor)))
}

async fn dispatch(
    inbox: &Inbox<'_>,
    document: &Value,
    actor: &RemoteAccount,
    relayed_by: Option<&RemoteAccount>,
    arrival: &Arrival,
    signed: Option<&[u8]>,
    receipt: &Receipt,
) -> Result<()> {
    let activity = Activity {
        json: document,
        actor,
        delivered: true,
        delivered_to: arrival.delivered_to_account_id,
        relayed_by,
        signed,
        receipt: Some(receipt),
        depth: 0,
    };
    let items = match document.get("type").and_then(Value::as_str) {
        Some("Collection" | "CollectionPage") => value::many(document.get("items")),
        Some("OrderedCollection" | "OrderedCollectionPage") => value::many(document.get("orderedItems")),
        _ => return perform(inbox, &activity).await,
    };
    for item in items.iter().rev() {
        // What is said in somebody else's name is not theirs.
        let own = value::id(value::first(item.get("actor"))).is_none_or(|id| id == actor.uri);
        if !item.is_object() || !own {
            continue;
        }
        match perform(inbox, &Activity { json: item, signed: None, receipt: None, ..activity }).await {
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => tracing::info!(%error, actor = actor.uri, "an activity of a collection was dropped"),
            Ok(()) => {}
        }
    }
    Ok(())
}

async fn perform(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(kind) = activity.json.get("type").and_then(Value::as_str) else { return Ok(()) };
    // A suspended account may still take back what it has done.
    if activity.actor.suspended && !matches!(kind, "Delete" | "Reject" | "Undo" | "Update") {
        return Ok(());
    }
    let done: Result<(), Error> = match kind {
        "Create" => Box::pin(create::handle(inbox, activity)).await,
        "Announce" => Box::pin(announce::handle(inbox, activity)).await,
        "Delete" => Box::pin(delete::handle(inbox, activity)).await,
        "Follow" => Box::pin(follow::handle(inbox, activity)).await,
        "Like" => Box::pin(like::handle(inbox, activity)).await,
        "Block" => Box::pin(block::handle(inbox, activity)).await,
        "Update" => Box::pin(update::handle(inbox, activity)).await,
        "Undo" => Box::pin(undo::handle(inbox, activity)).await,
        "Accept" => Box::pin(accept::handle(inbox, activity)).await,
        "Reject" => Box::pin(reject::handle(inbox, activity)).await,
        "Flag" => Box::pin(flag::handle(inbox, activity)).await,
        "Add" => Box::pin(add::handle(inbox, activity)).await,
        "Remove" => Box::pin(remove::handle(inbox, activity)).await,
        "Move" => Box::pin(move_actor::handle(inbox, activity)).await,
        "FeatureRequest" => Box::pin(feature_request::handle(inbox, activity)).await,
        "QuoteRequest" => Box::pin(quote_request::handle(inbox, activity)).await,
        _ => Ok(()),
    };
    tracing::debug!(kind, actor = activity.actor.uri, ok = done.is_ok(), "activity");
    done
}

/// PostgreSQL keeps no NUL; Mastodon drops such activities (recorded: `in/rtl_nul_and_controls`).
pub(crate) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}
