//! One activity with all that is known of how it came here.

use std::sync::atomic::{AtomicBool, Ordering};

use activitypub::document::note::Author;
use activitypub::document::value;
use chrono::NaiveDateTime;
use db::{AccountId, PgConnection, Tx};
use serde_json::Value;

use crate::error::Result;

/// An account of another server, as far as its activities are judged by it.
#[derive(Debug, Clone)]
pub(crate) struct RemoteAccount {
    pub(crate) id: AccountId,
    pub(crate) uri: String,
    pub(crate) domain: String,
    pub(crate) inbox_url: String,
    pub(crate) shared_inbox_url: String,
    pub(crate) followers_url: String,
    pub(crate) following_url: String,
    pub(crate) featured_url: String,
    /// The list of its collections of accounts.
    pub(crate) collections_url: String,
    pub(crate) suspended: bool,
    pub(crate) silenced: bool,
    pub(crate) sensitized: bool,
    pub(crate) last_webfingered_at: Option<NaiveDateTime>,
}

impl RemoteAccount {
    /// `None` for unknown and for local accounts.
    pub(crate) async fn find(conn: &mut PgConnection, id: AccountId) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as!(
            Self,
            r#"
            SELECT id, uri, domain AS "domain!", inbox_url, shared_inbox_url, followers_url, following_url,
              COALESCE(featured_collection_url, '') AS "featured_url!",
              COALESCE(collections_url, '') AS "collections_url!", suspended_at IS NOT NULL AS "suspended!",
              silenced_at IS NOT NULL AS "silenced!", sensitized_at IS NOT NULL AS "sensitized!", last_webfingered_at
            FROM accounts WHERE id = $1 AND domain IS NOT NULL
            "#,
            id
        )
        .fetch_optional(conn)
        .await
    }

    pub(crate) fn author(&self) -> Author<'_> {
        Author { uri: &self.uri, followers_url: &self.followers_url, following_url: &self.following_url }
    }

    /// Where documents for several people of its server may go.
    pub(crate) fn shared_inbox(&self) -> &str {
        if self.shared_inbox_url.is_empty() { &self.inbox_url } else { &self.shared_inbox_url }
    }
}

/// The row of the inbox that an activity came from; it goes in the transaction that writes what the activity says.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub(crate) inbox_id: i64,
    pub(crate) done: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Activity<'a> {
    pub(crate) json: &'a Value,
    pub(crate) actor: &'a RemoteAccount,
    /// False: fetched by us, so nobody sent it to anybody here.
    pub(crate) delivered: bool,
    /// Whose personal inbox it came into.
    pub(crate) delivered_to: Option<AccountId>,
    /// Who signed the request if not the actor, whose own signature then stands in the document.
    pub(crate) relayed_by: Option<&'a RemoteAccount>,
    /// The document as it came, if it carries a signature that lets others believe it too.
    pub(crate) signed: Option<&'a [u8]>,
    pub(crate) receipt: Option<&'a Receipt>,
    /// How many documents lie between this one and what came in.
    pub(crate) depth: u8,
}

impl<'a> Activity<'a> {
    /// Something that we looked up ourselves.
    pub(crate) fn fetched(json: &'a Value, actor: &'a RemoteAccount, depth: u8) -> Self {
        Self { json, actor, delivered: false, delivered_to: None, relayed_by: None, signed: None, receipt: None, depth }
    }

    pub(crate) fn id(&self) -> Option<&'a str> {
        self.json.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())
    }

    pub(crate) fn object(&self) -> Option<&'a Value> {
        value::first(self.json.get("object"))
    }

    pub(crate) fn object_id(&self) -> Option<&'a str> {
        value::id(self.object()).filter(|id| !id.is_empty())
    }

    /// Everybody in `to` and `cc`.
    pub(crate) fn audience(&self) -> impl Iterator<Item = &'a str> {
        let json = self.json;
        value::many(json.get("to")).iter().chain(value::many(json.get("cc"))).filter_map(|to| value::id(Some(to)))
    }

    pub(crate) async fn commit(&self, mut tx: Tx) -> Result<()> {
        if let Some(receipt) = self.receipt {
            jobs::inbox::finish(&mut tx, receipt.inbox_id).await?;
        }
        tx.commit().await?;
        if let Some(receipt) = self.receipt {
            receipt.done.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}
