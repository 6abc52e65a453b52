//! What stands behind an address that somebody pasted into a search.

use activitypub::document::value::is_type;
use activitypub::fetch::fetch_pasted;
use activitypub::resolve_account::{ResolveError, is_local_uri};
use config::Federation;
use db::accounts::find_by_handles;
use db::{AccountId, PgConnection, StatusId};
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
    if let Some(page) = page(url) {
        return from_page(&mut conn, federation, &page).await;
    }
    if let Some(status) = lookup::status(&mut conn, federation, url).await? {
        return Ok(Some(Found::Status(status.id)));
    }
    Ok(lookup::local(&mut conn, federation, url).await?.map(|account| Found::Account(account.id)))
}

/// A page for people: `/@name`, `/@name@domain` of somebody elsewhere, or a status below one of them.
#[derive(Debug, PartialEq, Eq)]
struct Page<'a> {
    username: &'a str,
    domain: Option<&'a str>,
    status: Option<StatusId>,
}

fn page(url: &str) -> Option<Page<'_>> {
    let path = url.splitn(4, '/').nth(3)?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let (handle, below) =
        path.strip_prefix('@')?.split_once('/').map_or((path.get(1..)?, None), |(handle, rest)| (handle, Some(rest)));
    let (username, domain) = handle.split_once('@').map_or((handle, None), |(username, domain)| (username, Some(domain)));
    if username.is_empty() || domain.is_some_and(str::is_empty) {
        return None;
    }
    let status = match below {
        Some(id) => Some(id.parse().ok()?),
        None => None,
    };
    Some(Page { username, domain, status })
}

async fn from_page(conn: &mut PgConnection, federation: &Federation, page: &Page<'_>) -> Result<Option<Found>> {
    let domain = page.domain.filter(|domain| !federation.is_local(domain)).unwrap_or_default().to_lowercase();
    let Some(id) = page.status else {
        let found = find_by_handles(conn, &[page.username.to_owned()], &[domain]).await?;
        return Ok(found.first().map(|account| Found::Account(account.id)));
    };
    Ok(lookup::status_by_id(conn, id).await?.map(|status| Found::Status(status.id)))
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

#[cfg(test)]
mod tests {
    use super::{Page, page};

    #[test]
    fn pages_of_people_here_and_elsewhere_are_told_from_other_paths() {
        let found = |username, domain, status| Some(Page { username, domain, status });
        assert_eq!(page("https://our.example/@bob"), found("bob", None, None));
        assert_eq!(page("https://our.example/@bob/?x=1#y"), found("bob", None, None));
        assert_eq!(page("https://our.example/@bob/5"), found("bob", None, Some(5)));
        assert_eq!(page("https://our.example/@bob@other.example"), found("bob", Some("other.example"), None));
        assert_eq!(page("https://our.example/@bob@other.example/5"), found("bob", Some("other.example"), Some(5)));
        for other in
            ["https://our.example/users/bob", "https://our.example/@bob/media", "https://our.example/@", "https://our.example"]
        {
            assert_eq!(page(other), None, "{other}");
        }
    }
}
