//! What stands behind an address that somebody pasted into a search.

use activitypub::document::value::is_type;
use activitypub::fetch::fetch_pasted;
use activitypub::resolve_account::{ResolveError, is_local_uri};
use db::{AccountId, StatusId};
use http_client::FetchError;
use serde_json::Value;
use services::remove_status::{Removal, remove_status};

use crate::dispatch::holds_nul;
use crate::error::{Error, Result};
use crate::{Inbox, fetch_status, lookup};

const ACTORS: [&str; 5] = ["Application", "Group", "Organization", "Person", "Service"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Account(AccountId),
    Status(StatusId),
}

/// An account or status of another server or of ours, by its id or by the page about it. `None`: nothing that can be had.
/// Whether the person who asks may see it is for the caller to find out.
///
/// # Errors
/// The database failed.
pub async fn resolve_url(inbox: &Inbox<'_>, url: &str) -> Result<Option<Found>> {
    if is_local_uri(&inbox.config.federation, url) {
        return local(inbox, url).await;
    }
    let document = match fetch_pasted(inbox.http, Some(inbox.resolver.signer().await?), url).await {
        Ok(document) => document,
        Err(error) => return known(inbox, url, &error).await,
    };
    let found = match from_document(inbox, document).await {
        Err(error @ (Error::Db(_) | Error::Jobs(_))) => return Err(error),
        Err(error) => {
            tracing::debug!(%error, url, "an address leads to nothing");
            None
        }
        Ok(found) => found,
    };
    Ok(found)
}

async fn from_document(inbox: &Inbox<'_>, document: Value) -> Result<Option<Found>> {
    if holds_nul(&document) {
        return Ok(None);
    }
    if ACTORS.iter().any(|kind| is_type(&document, kind)) {
        return match inbox.resolver.account_from_document(document).await {
            Ok(id) => Ok(Some(Found::Account(id))),
            Err(error @ (ResolveError::Db(_) | ResolveError::Jobs(_))) => Err(error.into()),
            Err(_) => Ok(None),
        };
    }
    Ok(fetch_status::status_from_document(inbox, &document).await?.map(Found::Status))
}

async fn local(inbox: &Inbox<'_>, url: &str) -> Result<Option<Found>> {
    let mut conn = inbox.db.acquire().await?;
    let federation = &inbox.config.federation;
    if let Some(status) = lookup::status(&mut conn, federation, url).await? {
        return Ok(Some(Found::Status(status.id)));
    }
    Ok(lookup::local(&mut conn, federation, url).await?.map(|account| Found::Account(account.id)))
}

/// Of a server that does not answer the copy that is here; what it says is gone, goes.
async fn known(inbox: &Inbox<'_>, url: &str, error: &FetchError) -> Result<Option<Found>> {
    let mut tx = inbox.db.begin().await?;
    let status = lookup::status(&mut tx, &inbox.config.federation, url).await?;
    let Some(status) = status.filter(|status| status.visibility().is_distributable()) else { return Ok(None) };
    if matches!(error, FetchError::Gone | FetchError::Status(404)) {
        remove_status(&mut tx, status.id, Removal::default()).await?;
        tx.commit().await?;
        return Ok(None);
    }
    Ok(Some(Found::Status(status.id)))
}
