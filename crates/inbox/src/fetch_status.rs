//! Posts that are looked up: parents, boosted and quoted ones, pinned ones, addresses that people paste.

use activitypub::document::Note;
use activitypub::document::value::is_type;
use activitypub::fetch::{fetch_resource, has_supported_context, same_host};
use activitypub::keys::PrivateKey;
use activitypub::resolve_account::{ResolveError, is_local_uri, local_account};
use activitypub::signature::RequestSigner;
use db::{AccountId, StatusId};
use jobs::feed::Distribute;
use jobs::inbox::ResolveThread;
use serde_json::Value;

use crate::activity::{Activity, RemoteAccount};
use crate::dispatch::holds_nul;
use crate::error::Result;
use crate::{Inbox, create, lookup, update};

/// The status at an address, known or fetched. `None`: there is none that we may have.
///
/// # Errors
/// Its server could not be asked, or the database failed.
pub async fn fetch_status(inbox: &Inbox<'_>, uri: &str) -> Result<Option<StatusId>> {
    fetch_for(inbox, uri, None, 0).await
}

/// `reader`: in whose name it is asked for, see [`reader`]; otherwise that of this server. `depth` as in [`Activity`].
pub(crate) async fn fetch_for(
    inbox: &Inbox<'_>,
    uri: &str,
    reader: Option<&RequestSigner>,
    depth: u8,
) -> Result<Option<StatusId>> {
    let known = lookup::status(&mut *inbox.db.acquire().await?, &inbox.config.federation, uri).await?;
    if known.is_some() || is_local_uri(&inbox.config.federation, uri) {
        return Ok(known.map(|status| status.id));
    }
    let signer = match reader {
        Some(reader) => reader,
        None => inbox.resolver.signer().await?,
    };
    let document = fetch_resource(inbox.http, Some(signer), uri, false).await?;
    // Posts that quote posts that quote posts: the futures would contain one another.
    Box::pin(from_document(inbox, &document, depth)).await
}

/// Fetches the status at an address even if it is known, to bring it up to date. Tells whether it is new.
///
/// # Errors
/// As [`fetch_status`].
pub async fn refetch_status(inbox: &Inbox<'_>, uri: &str) -> Result<bool> {
    if is_local_uri(&inbox.config.federation, uri) {
        return Ok(false);
    }
    let known = lookup::status(&mut *inbox.db.acquire().await?, &inbox.config.federation, uri).await?;
    let document = fetch_resource(inbox.http, Some(inbox.resolver.signer().await?), uri, false).await?;
    let found = Box::pin(from_document(inbox, &document, 0)).await?;
    Ok(known.is_none() && found.is_some())
}

/// The status that a document describes which was fetched from its own address.
pub(crate) async fn status_from_document(inbox: &Inbox<'_>, document: &Value) -> Result<Option<StatusId>> {
    Box::pin(from_document(inbox, document, 0)).await
}

async fn from_document(inbox: &Inbox<'_>, document: &Value, depth: u8) -> Result<Option<StatusId>> {
    if !has_supported_context(document) || holds_nul(document) {
        return Ok(None);
    }
    // Some servers show the activity where the post should be.
    if is_type(document, "Create") || is_type(document, "Announce") {
        return Ok(None);
    }
    let note = Note(document);
    let (Some(uri), Some(author)) = (note.uri(), create::author_of(document)) else { return Ok(None) };
    if !note.is_supported() || !same_host(&uri, author) || is_local_uri(&inbox.config.federation, &uri) {
        return Ok(None);
    }
    let Some(actor) = author_account(inbox, author).await?.filter(|actor| !actor.suspended) else { return Ok(None) };
    let activity = Activity::fetched(document, &actor, depth);
    if lookup::own_status(&mut *inbox.db.acquire().await?, actor.id, &uri).await?.is_some() {
        Box::pin(update::status(inbox, &activity, document)).await?;
    }
    Box::pin(create::store(inbox, &activity, document)).await
}

async fn author_account(inbox: &Inbox<'_>, uri: &str) -> Result<Option<RemoteAccount>> {
    let id = match inbox.resolver.account_by_uri(uri).await {
        Ok(id) => id,
        Err(ResolveError::Refused(_) | ResolveError::NotFound | ResolveError::Gone | ResolveError::Invalid(_)) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    // If it cannot be refreshed, the account as it is known serves as well.
    if let Err(error @ (ResolveError::Db(_) | ResolveError::Jobs(_))) = inbox.resolver.refresh_if_stale(id).await {
        return Err(error.into());
    }
    Ok(RemoteAccount::find(&mut *inbox.db.acquire().await?, id).await?)
}

/// Puts a reply below its parent, which is fetched if need be. As in Mastodon the parent's count does not include it
/// (recorded: `in/reply_to_unknown_remote_is_resolved`).
///
/// # Errors
/// As [`fetch_status`].
pub async fn resolve_thread(inbox: &Inbox<'_>, job: &ResolveThread) -> Result<()> {
    let parent = match fetch_status(inbox, &job.parent_uri).await {
        Ok(Some(parent)) => parent,
        Ok(None) => return Ok(()),
        Err(error) if error.is_temporary() => return Err(error),
        Err(_) => return Ok(()),
    };
    let mut tx = inbox.db.begin().await?;
    let Some(parent) = lookup::status_by_id(&mut tx, parent).await? else { return Ok(()) };
    let moved = sqlx::query!(
        r#"
        UPDATE statuses SET in_reply_to_id = $2, reply = true, updated_at = now() AT TIME ZONE 'utc',
          in_reply_to_account_id = CASE WHEN account_id = $3 AND $4 THEN COALESCE($5, $3) ELSE $3 END
        WHERE id = $1 AND in_reply_to_id IS NULL AND deleted_at IS NULL AND id <> $2
        "#,
        job.status_id,
        parent.id,
        parent.account_id,
        parent.reply,
        parent.in_reply_to_account_id
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() > 0 {
        jobs::enqueue(&mut tx, &Distribute { status_id: job.status_id, skip_notifications: true }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// In whose name an object that was only named is fetched: the owner of the inbox, a local receiver, or a local follower.
pub(crate) async fn reader(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<Option<RequestSigner>> {
    let mut conn = inbox.db.acquire().await?;
    let mut reader = activity.delivered_to;
    if reader.is_none() {
        for uri in activity.audience() {
            reader = local_account(&mut conn, &inbox.config.federation, uri).await?;
            if reader.is_some() {
                break;
            }
        }
    }
    if reader.is_none() {
        reader = sqlx::query_scalar!(
            "SELECT f.account_id FROM follows f JOIN accounts a ON a.id = f.account_id
             WHERE f.target_account_id = $1 AND a.domain IS NULL AND a.suspended_at IS NULL ORDER BY f.id LIMIT 1",
            activity.actor.id
        )
        .fetch_optional(&mut *conn)
        .await?;
    }
    match reader {
        Some(id) => signer_of(inbox, &mut conn, id).await,
        None => Ok(None),
    }
}

async fn signer_of(inbox: &Inbox<'_>, conn: &mut sqlx::PgConnection, id: AccountId) -> Result<Option<RequestSigner>> {
    let row = sqlx::query!("SELECT username, id_scheme, private_key FROM accounts WHERE id = $1 AND domain IS NULL", id)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(key) = row.private_key.as_deref().and_then(|pem| PrivateKey::from_pem(pem).ok()) else { return Ok(None) };
    let uri = inbox.renderer.uris.account(id, &row.username, row.id_scheme);
    Ok(Some(RequestSigner::new(format!("{uri}#main-key"), key, inbox.config.clock.clone())))
}
