//! Requests of ours that others grant, and the comparison of lists of followers (FEP-8fcf).

use std::collections::BTreeSet;

use activitypub::document::value;
use activitypub::fetch::{fetch_document, same_host};
use activitypub::render::activity::Follow;
use aws_lc_rs::digest::{SHA256, digest};
use db::uri::Uris;
use db::{AccountId, PgConnection};
use jobs::account::RefreshAccount;
use jobs::delivery::SynchronizeFollowers;
use serde_json::Value;
use services::followers;

use crate::error::Result;
use crate::lookup::{self, LocalAccount};
use crate::{Inbox, send};

const MAX_PAGES: usize = 10;

/// Grants the request of a local account, after the other server said so: posts come into the home feed from now on.
pub(crate) async fn accepted(conn: &mut PgConnection, from: AccountId, to: AccountId) -> Result<()> {
    let is_first = !lookup::is_followed_here(conn, to).await?;
    if followers::grant(conn, from, to).await?.and_then(|granted| granted.follow_id).is_none() {
        return Ok(());
    }
    if is_first {
        jobs::enqueue(conn, &RefreshAccount { account_id: to }).await?;
    }
    followers::count(conn, from, to, 1).await?;
    Ok(())
}

/// What a server says of the followers that it believes to have here: the header `Collection-Synchronization`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynchronizationHeader {
    pub collection_id: String,
    pub url: String,
    pub digest: String,
}

impl SynchronizationHeader {
    /// `None` if anything is missing.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (mut collection_id, mut url, mut digest) = (None, None, None);
        for part in header.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?.to_owned();
            match name {
                "collectionId" => collection_id = Some(value),
                "url" => url = Some(value),
                "digest" => digest = Some(value),
                _ => {}
            }
        }
        Some(Self { collection_id: collection_id?, url: url?, digest: digest? })
    }

    /// Has the lists compared if they differ. The header must be about the account that sent it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn compare(&self, conn: &mut PgConnection, uris: &Uris, account_id: AccountId) -> Result<()> {
        let account =
            sqlx::query!("SELECT uri, followers_url FROM accounts WHERE id = $1", account_id).fetch_one(&mut *conn).await?;
        if account.followers_url != self.collection_id || !same_host(&account.uri, &self.url) {
            return Ok(());
        }
        let followers = sqlx::query!(
            "SELECT a.id, a.username, a.id_scheme FROM follows f JOIN accounts a ON a.id = f.account_id
             WHERE f.target_account_id = $1 AND a.domain IS NULL",
            account_id
        )
        .fetch_all(&mut *conn)
        .await?;
        let ours = combined(followers.iter().map(|row| uris.account(row.id, &row.username, row.id_scheme)));
        if !ours.eq_ignore_ascii_case(&self.digest) {
            let job = SynchronizeFollowers { account_id, url: self.url.clone(), digest: self.digest.clone() };
            jobs::enqueue(conn, &job).await?;
        }
        Ok(())
    }
}

/// Digests of all URIs by exclusive or, in hexadecimal.
fn combined<S: AsRef<str>>(uris: impl Iterator<Item = S>) -> String {
    let mut combined = [0_u8; 32];
    for uri in uris {
        let hashed = digest(&SHA256, uri.as_ref().as_bytes());
        combined.iter_mut().zip(hashed.as_ref()).for_each(|(byte, other)| *byte ^= other);
    }
    hex::encode(combined)
}

/// Sets our follows right by the part of a remote account's list of followers that it shows to us: who is in it but does not
/// follow is undone there (or granted, if a request waits); who follows but is not in it no longer follows, provided that
/// the list is complete.
///
/// # Errors
/// The list could not be fetched, or the database failed.
pub async fn synchronize_followers(inbox: &Inbox<'_>, job: &SynchronizeFollowers) -> Result<()> {
    let row = sqlx::query!("SELECT uri, inbox_url FROM accounts WHERE id = $1 AND domain IS NOT NULL", job.account_id)
        .fetch_optional(&mut *inbox.db.acquire().await?)
        .await?;
    let Some(account) = row else { return Ok(()) };
    if !same_host(&account.uri, &job.url) {
        return Ok(());
    }
    let (listed, complete) = listed(inbox, &job.url).await?;
    let listed: BTreeSet<String> = listed.into_iter().collect();
    let mut ids = Vec::new();
    let mut tx = inbox.db.begin().await?;
    for uri in &listed {
        if let Some(local) = lookup::local(&mut tx, &inbox.config.federation, uri).await? {
            ids.push(local);
        }
    }
    let agrees = complete && combined(listed.iter()).eq_ignore_ascii_case(&job.digest);
    let ended = if agrees {
        end_others(inbox, &mut tx, job.account_id, &account.uri, &account.inbox_url, &ids).await?
    } else {
        Vec::new()
    };
    for local in &ids {
        add_or_undo(inbox, &mut tx, local, job.account_id, &account.uri, &account.inbox_url).await?;
    }
    for follower in ended {
        followers::count(&mut tx, follower, job.account_id, -1).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Every item of the collection, and whether that is all of it.
async fn listed(inbox: &Inbox<'_>, url: &str) -> Result<(Vec<String>, bool)> {
    let signer = inbox.resolver.signer().await?;
    let mut found = Vec::new();
    let mut next = Some(url.to_owned());
    let mut pages = 0;
    while let Some(page_url) = next.take() {
        if pages > MAX_PAGES || !same_host(&page_url, url) {
            return Ok((found, false));
        }
        let (page, _) = fetch_document(inbox.http, Some(signer), &page_url).await?;
        pages += 1;
        let items = page.get("orderedItems").or_else(|| page.get("items"));
        found.extend(value::many(items).iter().filter_map(|item| value::id(Some(item))).map(str::to_owned));
        let following = page.get("first").filter(|_| items.is_none()).or_else(|| page.get("next"));
        match following {
            Some(embedded @ Value::Object(_)) => {
                let items = embedded.get("orderedItems").or_else(|| embedded.get("items"));
                found.extend(value::many(items).iter().filter_map(|item| value::id(Some(item))).map(str::to_owned));
                next = value::id(embedded.get("next")).map(str::to_owned);
            }
            Some(Value::String(url)) => next = Some(url.clone()),
            _ => {}
        }
    }
    Ok((found, true))
}

/// Ends the follows of everybody here who is not listed, and says so to the other server as if they had done it themselves.
async fn end_others(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    followed: AccountId,
    followed_uri: &str,
    followed_inbox: &str,
    listed: &[LocalAccount],
) -> Result<Vec<AccountId>> {
    let keep: Vec<AccountId> = listed.iter().map(|local| local.id).collect();
    let others = sqlx::query!(
        "SELECT a.id, a.username, a.id_scheme FROM follows f JOIN accounts a ON a.id = f.account_id
         WHERE f.target_account_id = $1 AND a.domain IS NULL AND f.account_id <> ALL($2) ORDER BY a.id",
        followed,
        &keep
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut ended = Vec::new();
    for other in others {
        let Some(follow) = followers::end(conn, other.id, followed).await? else { continue };
        let actor = inbox.renderer.uris.account(other.id, &other.username, other.id_scheme);
        let uri = follow.uri.unwrap_or_default();
        let undo = Follow { id: Some(follow.id), uri: &uri, actor: &actor, object: followed_uri }.undo();
        send(conn, other.id, undo, followed_inbox).await?;
        ended.push(other.id);
    }
    Ok(ended)
}

async fn add_or_undo(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    local: &LocalAccount,
    followed: AccountId,
    followed_uri: &str,
    followed_inbox: &str,
) -> Result<()> {
    let follows = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM follows WHERE account_id = $1 AND target_account_id = $2) AS "follows!""#,
        local.id,
        followed
    )
    .fetch_one(&mut *conn)
    .await?;
    if follows {
        return Ok(());
    }
    let requested = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM follow_requests WHERE account_id = $1 AND target_account_id = $2) AS "requested!""#,
        local.id,
        followed
    )
    .fetch_one(&mut *conn)
    .await?;
    if requested {
        return accepted(conn, local.id, followed).await;
    }
    let uris = &inbox.renderer.uris;
    let uri = inbox.renderer.random_uri(&uuid::Uuid::new_v4().to_string());
    let actor = local.uri(uris);
    send(conn, local.id, Follow { id: None, uri: &uri, actor: &actor, object: followed_uri }.undo(), followed_inbox).await
}

#[cfg(test)]
mod tests {
    use super::{SynchronizationHeader, combined};

    #[test]
    fn the_header_is_read_as_mastodon_writes_it() {
        let header = r#"collectionId="https://a.example/users/z/followers", digest="00ff", url="https://a.example/users/z/sync""#;
        let read = SynchronizationHeader::parse(header).unwrap();
        assert_eq!(read.collection_id, "https://a.example/users/z/followers");
        assert_eq!((read.digest.as_str(), read.url.as_str()), ("00ff", "https://a.example/users/z/sync"));
        assert_eq!(SynchronizationHeader::parse("digest=\"x\""), None);
    }

    #[test]
    fn the_digest_does_not_depend_on_the_order() {
        assert_eq!(combined(["a", "b"].iter()), combined(["b", "a"].iter()));
        assert_eq!(combined(std::iter::empty::<&str>()), "0".repeat(64));
    }
}
