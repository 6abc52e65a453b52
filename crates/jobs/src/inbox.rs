//! Activities that arrived, and what is fetched because of them.

use std::time::Duration;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use db::{AccountId, StatusId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::enqueue::enqueue;
use crate::error::Result;
use crate::job::{Job, Lane};

/// Acts on an activity of `ferrodon.inbox`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcessInbox {
    pub inbox_id: i64,
}

impl Job for ProcessInbox {
    const KIND: &'static str = "process_inbox";
    const LANE: Lane = Lane::Ingress;
    const RETRIES: i16 = 8;
}

/// Fetches the parent of a reply that arrived before it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResolveThread {
    pub status_id: StatusId,
    pub parent_uri: String,
}

impl Job for ResolveThread {
    const KIND: &'static str = "resolve_thread";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;
}

/// Fetches the collection of replies of a remote status.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchReplies {
    pub status_id: StatusId,
    pub uri: String,
}

impl Job for FetchReplies {
    const KIND: &'static str = "fetch_replies";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;
}

/// Somebody reads the thread below a remote status: all replies that are listed anywhere in it are looked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchAllReplies {
    pub status_id: StatusId,
}

impl Job for FetchAllReplies {
    const KIND: &'static str = "fetch_all_replies";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;
    /// It asks for hundreds of pages, one after the other.
    const TIMEOUT: Duration = Duration::from_mins(30);

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// Fetches one reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchReply {
    pub uri: String,
    /// The status whose thread somebody waits for. The reply is then fetched even if it is here, to bring it up to date.
    #[serde(default)]
    pub thread_of: Option<StatusId>,
}

impl Job for FetchReply {
    const KIND: &'static str = "fetch_reply";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;

    fn dedup_key(&self) -> Option<String> {
        Some(match self.thread_of {
            Some(root) => format!("{root} {}", self.uri),
            None => self.uri.clone(),
        })
    }
}

/// Fetches the pinned statuses of a remote account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SynchronizeFeatured {
    pub account_id: AccountId,
}

impl Job for SynchronizeFeatured {
    const KIND: &'static str = "synchronize_featured";
    const LANE: Lane = Lane::Pull;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// Fetches the featured hashtags of a remote account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SynchronizeFeaturedTags {
    pub account_id: AccountId,
    pub url: String,
}

impl Job for SynchronizeFeaturedTags {
    const KIND: &'static str = "synchronize_featured_tags";
    const LANE: Lane = Lane::Pull;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// Fetches the collections of accounts that a remote account keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SynchronizeCollections {
    pub account_id: AccountId,
}

impl Job for SynchronizeCollections {
    const KIND: &'static str = "synchronize_collections";
    const LANE: Lane = Lane::Pull;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// Takes an account into a remote collection, if it agreed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcessFeaturedItem {
    pub collection_id: i64,
    /// The item's document or its address.
    pub item: serde_json::Value,
    /// From 1; `None`: behind all others.
    pub position: Option<i32>,
}

impl Job for ProcessFeaturedItem {
    const KIND: &'static str = "process_featured_item";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;
}

/// An activity as it came in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Who signed the request.
    pub account_id: AccountId,
    /// Whose personal inbox it was; `None`: the shared one.
    pub delivered_to_account_id: Option<AccountId>,
    pub body: Vec<u8>,
}

/// How many equal bodies of one sender may wait at a time.
const EQUAL_WAITING: u8 = 8;

/// Writes an activity down and asks for its processing; once this is committed, 202 may be answered. Equal bodies of one
/// sender are each processed, since each Follow is answered with an Accept. False: as many as [`EQUAL_WAITING`] wait already,
/// so that a sender who repeats itself for hours does not fill the table. Processed ones are not remembered: a sender may
/// well follow, undo and follow again with equal documents.
///
/// # Errors
/// The database's.
pub async fn accept(conn: &mut PgConnection, arrival: &Arrival) -> Result<bool> {
    for place in 0..EQUAL_WAITING {
        let hash = hash_at(arrival, place);
        // An equal row that is being removed just now is waited for, so that false always means "still to be processed".
        let id = sqlx::query_scalar!(
            "insert into ferrodon.inbox (account_id, delivered_to_account_id, hash, body) values ($1, $2, $3, $4)
             on conflict (hash) do nothing returning id",
            arrival.account_id,
            arrival.delivered_to_account_id,
            hash.as_ref(),
            &arrival.body,
        )
        .fetch_optional(&mut *conn)
        .await?;
        if let Some(inbox_id) = id {
            enqueue(conn, &ProcessInbox { inbox_id }).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the unique index compares: the sender, the inbox, the body, and which of the equal ones this is.
fn hash_at(arrival: &Arrival, place: u8) -> Digest {
    let mut hashed = Context::new(&SHA256);
    hashed.update(&[place]);
    hashed.update(&arrival.account_id.to_be_bytes());
    hashed.update(&arrival.delivered_to_account_id.unwrap_or_default().to_be_bytes());
    hashed.update(&arrival.body);
    hashed.finish()
}

/// The activity that [`ProcessInbox`] names; `None` if it was processed already.
///
/// # Errors
/// The database's.
pub async fn find(conn: &mut PgConnection, inbox_id: i64) -> Result<Option<Arrival>> {
    let found =
        sqlx::query_as!(Arrival, "select account_id, delivered_to_account_id, body from ferrodon.inbox where id = $1", inbox_id)
            .fetch_optional(conn)
            .await?;
    Ok(found)
}

/// To be called in the transaction that writes what the activity says, or when it is ignored for good.
///
/// # Errors
/// The database's.
pub async fn finish(conn: &mut PgConnection, inbox_id: i64) -> Result<()> {
    sqlx::query!("delete from ferrodon.inbox where id = $1", inbox_id).execute(conn).await?;
    Ok(())
}
