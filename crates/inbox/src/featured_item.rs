//! Accounts in collections of other servers: only those who agreed are taken over.

use activitypub::document::value::{self, is_type};
use activitypub::fetch::{fetch_resource, has_supported_context, same_host};
use activitypub::resolve_account::is_local_uri;
use chrono::NaiveDateTime;
use db::{AccountId, PgConnection};
use jobs::inbox::ProcessFeaturedItem;
use serde_json::Value;
use services::collection::{drop_item, state};

use crate::activity::RemoteAccount;
use crate::dispatch::holds_nul;
use crate::error::{Error, Result};
use crate::featured_collection::MOST_ITEMS;
use crate::{Inbox, lookup};

struct CollectionRow {
    id: i64,
    uri: String,
}

/// One item of a collection: checked with the server of the account that stands there, then stored.
///
/// # Errors
/// A server could not be asked, or the database failed.
pub async fn process_featured_item(inbox: &Inbox<'_>, job: &ProcessFeaturedItem) -> Result<()> {
    let collection = sqlx::query_as!(
        CollectionRow,
        r#"SELECT id, uri AS "uri!" FROM collections WHERE id = $1 AND NOT local AND uri IS NOT NULL"#,
        job.collection_id
    )
    .fetch_optional(&mut *inbox.db.acquire().await?)
    .await?;
    let Some(collection) = collection else { return Ok(()) };
    let document = match &job.item {
        Value::String(uri) => match document(inbox, uri, &collection.uri).await? {
            Some(document) => document,
            None => return Ok(()),
        },
        document => document.clone(),
    };
    let Some(item) = Said::read(&document, &collection) else { return Ok(()) };
    if is_local_uri(&inbox.config.federation, item.account) {
        return attach(inbox, &collection, &item, job.position).await;
    }
    if !verified(inbox, &collection, &item).await? {
        let mut tx = inbox.db.begin().await?;
        sqlx::query!(
            "UPDATE collection_items SET state = $3, updated_at = now() AT TIME ZONE 'utc' WHERE collection_id = $1 AND uri = $2",
            collection.id,
            item.uri,
            state::REJECTED
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        return Ok(());
    }
    let account = match inbox.resolver.account_by_uri(item.account).await {
        Ok(account) => account,
        Err(error) => return Err(error.into()),
    };
    let mut tx = inbox.db.begin().await?;
    store(&mut tx, &collection, &item, account, job.position).await?;
    tx.commit().await?;
    Ok(())
}

/// A document at its own address, on the host that may speak for it. `None`: it cannot be had.
async fn document(inbox: &Inbox<'_>, uri: &str, beside: &str) -> Result<Option<Value>> {
    if !same_host(uri, beside) {
        return Ok(None);
    }
    let signer = inbox.resolver.signer().await?;
    match fetch_resource(inbox.http, Some(signer), uri, true).await {
        Ok(document) if has_supported_context(&document) && !holds_nul(&document) => Ok(Some(document)),
        Err(error) if error.is_temporary() => Err(Error::Fetch(error)),
        _ => Ok(None),
    }
}

struct Said<'a> {
    uri: &'a str,
    account: &'a str,
    /// The account's stamp; ours need none from elsewhere.
    approval: Option<&'a str>,
    published: Option<NaiveDateTime>,
}

impl<'a> Said<'a> {
    fn read(document: &'a Value, collection: &CollectionRow) -> Option<Self> {
        let uri = value::id(Some(document)).filter(|uri| same_host(uri, &collection.uri))?;
        if !is_type(document, "FeaturedItem") || holds_nul(document) {
            return None;
        }
        Some(Self {
            uri,
            account: value::id(value::first(document.get("featuredObject")))?,
            approval: value::id(value::first(document.get("featureAuthorization"))),
            published: value::time(document.get("published")),
        })
    }
}

/// A local account stands there only if it agreed before; its item now gets the address that its owner gave it.
async fn attach(inbox: &Inbox<'_>, collection: &CollectionRow, item: &Said<'_>, position: Option<i32>) -> Result<()> {
    let mut tx = inbox.db.begin().await?;
    let Some(local) = lookup::local(&mut tx, &inbox.config.federation, item.account).await? else { return Ok(()) };
    sqlx::query!(
        r#"
        UPDATE collection_items SET uri = $3, object_uri = $4, position = COALESCE($5, position),
          updated_at = now() AT TIME ZONE 'utc'
        WHERE collection_id = $1 AND account_id = $2 AND state = $6
          AND NOT EXISTS (SELECT FROM collection_items other WHERE other.uri = $3 AND other.account_id IS DISTINCT FROM $2)
        "#,
        collection.id,
        local.id,
        item.uri,
        item.account,
        position,
        state::ACCEPTED
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Whether the account's own server says that exactly this account agrees to stand in exactly this collection.
async fn verified(inbox: &Inbox<'_>, collection: &CollectionRow, item: &Said<'_>) -> Result<bool> {
    let Some(approval) = item.approval else { return Ok(false) };
    let Some(stamp) = document(inbox, approval, item.account).await? else { return Ok(false) };
    let names = |member: &str, wanted: &str| value::id(value::first(stamp.get(member))) == Some(wanted);
    Ok(is_type(&stamp, "FeatureAuthorization")
        && names("interactingObject", &collection.uri)
        && names("interactionTarget", item.account))
}

async fn store(
    conn: &mut PgConnection,
    collection: &CollectionRow,
    item: &Said<'_>,
    account: AccountId,
    position: Option<i32>,
) -> Result<()> {
    // Locked, so that the items are counted by one at a time.
    let locked = sqlx::query_scalar!("SELECT id FROM collections WHERE id = $1 FOR NO KEY UPDATE", collection.id);
    if locked.fetch_optional(&mut *conn).await?.is_none() {
        return Ok(());
    }
    let known = sqlx::query_scalar!(
        r#"
        UPDATE collection_items i SET account_id = $2, uri = $3, object_uri = $4, approval_uri = $5, state = $7,
          position = COALESCE($6, position), approval_last_verified_at = now() AT TIME ZONE 'utc',
          updated_at = now() AT TIME ZONE 'utc'
        WHERE i.collection_id = $1 AND (i.uri = $3 OR i.account_id = $2)
          AND NOT EXISTS (SELECT FROM collection_items other WHERE other.id <> i.id AND (other.uri = $3 OR other.approval_uri = $5
            OR (other.collection_id = $1 AND other.account_id = $2)))
        RETURNING id
        "#,
        collection.id,
        account,
        item.uri,
        item.account,
        item.approval,
        position,
        state::ACCEPTED
    )
    .fetch_optional(&mut *conn)
    .await?;
    if known.is_some() {
        return Ok(());
    }
    let count =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM collection_items WHERE collection_id = $1"#, collection.id)
            .fetch_one(&mut *conn)
            .await?;
    if usize::try_from(count).is_ok_and(|count| count >= MOST_ITEMS) {
        return Ok(());
    }
    let made = sqlx::query_scalar!(
        r#"
        INSERT INTO collection_items (collection_id, account_id, uri, object_uri, approval_uri, state, position,
          approval_last_verified_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $7,
          COALESCE($6, (SELECT COALESCE(max(position), 0) + 1 FROM collection_items WHERE collection_id = $1)),
          now() AT TIME ZONE 'utc', COALESCE($8, now() AT TIME ZONE 'utc'), now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING
        RETURNING id
        "#,
        collection.id,
        account,
        item.uri,
        item.account,
        item.approval,
        position,
        state::ACCEPTED,
        item.published
    )
    .fetch_optional(&mut *conn)
    .await?;
    if made.is_some() {
        sqlx::query!("UPDATE collections SET item_count = item_count + 1 WHERE id = $1", collection.id).execute(conn).await?;
    }
    Ok(())
}

/// The owner took an account out of a collection.
pub(crate) async fn remove(conn: &mut PgConnection, collection_id: i64, uri: &str) -> Result<()> {
    let item = sqlx::query_scalar!("SELECT id FROM collection_items WHERE collection_id = $1 AND uri = $2", collection_id, uri)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(item) = item {
        drop_item(conn, item).await?;
    }
    Ok(())
}

/// A collection that we have no list for yet: the owner's profile may have been taken in before there were any.
pub(crate) fn lacks_list(actor: &RemoteAccount, object: &Value) -> bool {
    actor.collections_url.is_empty() && is_type(object, "FeaturedCollection")
}
