//! Collections of accounts that people of other servers keep (FEP-7aa9).

use activitypub::document::value::{self, is_type};
use activitypub::fetch::{fetch_resource, has_supported_context, same_host};
use db::{AccountId, PgConnection};
use jobs::inbox::{ProcessFeaturedItem, SynchronizeCollections};
use serde_json::Value;
use services::collection::{erase, tell_members};
use services::draft::hashtags;

use crate::Inbox;
use crate::activity::RemoteAccount;
use crate::dispatch::holds_nul;
use crate::error::Result;
use crate::featured::items_of;

/// Accounts beyond these are not taken over.
pub(crate) const MOST_ITEMS: usize = 150;
const MOST_COLLECTIONS: usize = 50;
const MOST_PAGES: usize = 10;
const MAX_NAME: usize = 256;
const MAX_DESCRIPTION: usize = 2048;

/// Takes over the collections that an account lists.
///
/// # Errors
/// Its server could not be asked, or the database failed.
pub async fn synchronize_collections(inbox: &Inbox<'_>, job: &SynchronizeCollections) -> Result<()> {
    let account = RemoteAccount::find(&mut *inbox.db.acquire().await?, job.account_id).await?;
    let Some(account) = account.filter(|account| !account.suspended && !account.collections_url.is_empty()) else {
        return Ok(());
    };
    let Some(items) = items_of(inbox, &account, &account.collections_url, MOST_PAGES).await? else { return Ok(()) };
    for item in items.iter().take(MOST_COLLECTIONS) {
        match item {
            Value::String(uri) => {
                if find_own(&mut *inbox.db.acquire().await?, account.id, uri).await?.is_none() {
                    fetch(inbox, &account, uri).await?;
                }
            }
            document => {
                let mut tx = inbox.db.begin().await?;
                store(&mut tx, &account, document).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(())
}

/// A collection of exactly this account that is here.
pub(crate) async fn find_own(conn: &mut PgConnection, owner: AccountId, uri: &str) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM collections WHERE uri = $1 AND account_id = $2 AND NOT local", uri, owner)
        .fetch_optional(conn)
        .await
}

/// Asks the owner's server for a collection. `None`: it cannot be had, or it is not the owner's.
pub(crate) async fn fetch(inbox: &Inbox<'_>, owner: &RemoteAccount, uri: &str) -> Result<Option<i64>> {
    if !same_host(uri, &owner.uri) {
        return Ok(None);
    }
    let signer = inbox.resolver.signer().await?;
    let document = match fetch_resource(inbox.http, Some(signer), uri, true).await {
        Ok(document) if has_supported_context(&document) && !holds_nul(&document) => document,
        Err(error) if error.is_temporary() => return Err(error.into()),
        _ => return Ok(None),
    };
    let mut tx = inbox.db.begin().await?;
    let id = store(&mut tx, owner, &document).await?;
    tx.commit().await?;
    Ok(id)
}

/// What a document says of a collection, as far as it is kept.
struct Said<'a> {
    uri: &'a str,
    url: &'a str,
    name: String,
    description: String,
    language: Option<&'a str>,
    sensitive: bool,
    discoverable: bool,
    total: i32,
    topic: Option<String>,
}

impl<'a> Said<'a> {
    /// `None`: it is no collection, not this owner's, or lacks what Mastodon demands.
    fn read(document: &'a Value, owner: &str) -> Option<Self> {
        let uri = value::id(Some(document)).filter(|uri| same_host(uri, owner))?;
        let by_owner = value::id(value::first(document.get("attributedTo"))) == Some(owner);
        if !by_owner || !is_type(document, "FeaturedCollection") {
            return None;
        }
        let short = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let name = short(document.get("name").and_then(Value::as_str)?, MAX_NAME);
        if name.trim().is_empty() {
            return None;
        }
        let translated = document.get("summaryMap").and_then(Value::as_object).and_then(|map| map.iter().next());
        let (language, description) = match translated {
            Some((language, text)) => (Some(language.as_str()), text.as_str()),
            None => (None, document.get("summary").and_then(Value::as_str)),
        };
        let total = value::integer(document.get("totalItems")).unwrap_or_default().max(0);
        let topic = document.get("topic").and_then(|topic| topic.get("name")).and_then(Value::as_str);
        Some(Self {
            uri,
            url: value::web_href(document.get("url")).unwrap_or(uri),
            name,
            description: short(description.unwrap_or_default(), MAX_DESCRIPTION),
            language,
            sensitive: document.get("sensitive").and_then(Value::as_bool)?,
            discoverable: document.get("discoverable").and_then(Value::as_bool)?,
            total: i32::try_from(total).unwrap_or(i32::MAX),
            topic: topic.map(text::hashtag::display_name).filter(|name| text::hashtag::is_valid(name)),
        })
    }
}

/// Makes a collection of `owner`'s what its document says. Whoever stands in it is looked at one by one, later; those who do
/// not stand there any more go at once. Answers its id; `None` if the document is not to be believed.
pub(crate) async fn store(conn: &mut PgConnection, owner: &RemoteAccount, document: &Value) -> Result<Option<i64>> {
    let Some(said) = Said::read(document, &owner.uri) else { return Ok(None) };
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('collection:' || $1, 0))", said.uri).execute(&mut *conn).await?;
    let before = sqlx::query!("SELECT account_id, name, description_html FROM collections WHERE uri = $1", said.uri)
        .fetch_optional(&mut *conn)
        .await?;
    if before.as_ref().is_some_and(|row| row.account_id != owner.id) {
        return Ok(None);
    }
    let tag = match &said.topic {
        Some(name) => hashtags::find_or_create(conn, std::slice::from_ref(name)).await?.first().copied(),
        None => None,
    };
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO collections (account_id, uri, url, name, description_html, language, sensitive, discoverable, tag_id,
          original_number_of_items, local, item_count, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT id FROM tags WHERE id = $9 AND usable IS DISTINCT FROM false), $10, false, 0,
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (uri) WHERE uri IS NOT NULL DO UPDATE SET url = excluded.url, name = excluded.name,
          description_html = excluded.description_html, language = excluded.language, sensitive = excluded.sensitive,
          discoverable = excluded.discoverable, tag_id = excluded.tag_id,
          original_number_of_items = excluded.original_number_of_items, updated_at = excluded.updated_at
        RETURNING id
        "#,
        owner.id,
        said.uri,
        said.url,
        said.name,
        said.description,
        said.language,
        said.sensitive,
        said.discoverable,
        tag,
        said.total
    )
    .fetch_one(&mut *conn)
    .await?;
    let items: Vec<&Value> = value::many(document.get("orderedItems")).iter().take(MOST_ITEMS).collect();
    forget_others(conn, id, &items).await?;
    let jobs: Vec<ProcessFeaturedItem> = (1..)
        .zip(items)
        .map(|(position, item)| ProcessFeaturedItem { collection_id: id, item: item.clone(), position: Some(position) })
        .collect();
    jobs::enqueue_many(conn, &jobs).await?;
    let renamed = before.is_some_and(|row| row.name != said.name || row.description_html.as_deref() != Some(&said.description));
    if renamed {
        tell_members(conn, owner.id, id).await?;
    }
    Ok(Some(id))
}

/// A consent that the collection does not show yet stays.
async fn forget_others(conn: &mut PgConnection, collection_id: i64, items: &[&Value]) -> Result<()> {
    let uris: Vec<String> = items.iter().filter_map(|item| value::id(Some(item))).map(str::to_owned).collect();
    sqlx::query!(
        r#"
        WITH gone AS (
          DELETE FROM collection_items WHERE collection_id = $1 AND uri IS NOT NULL AND uri <> ALL($2) RETURNING id
        )
        UPDATE collections SET item_count = greatest(item_count - (SELECT count(*) FROM gone)::int, 0) WHERE id = $1
        "#,
        collection_id,
        &uris
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The owner took a collection away.
pub(crate) async fn remove(conn: &mut PgConnection, owner: AccountId, uri: &str) -> Result<()> {
    if let Some(id) = find_own(conn, owner, uri).await? {
        erase(conn, id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Said;
    use serde_json::{Value, json};

    const OWNER: &str = "https://there.example/users/zoe";

    fn document() -> Value {
        json!({
            "id": "https://there.example/c/1", "type": "FeaturedCollection", "attributedTo": OWNER, "name": "Good people",
            "summaryMap": {"en": "a list"}, "sensitive": false, "discoverable": true, "totalItems": 3,
            "topic": {"type": "Hashtag", "name": "#people"},
        })
    }

    #[test]
    fn a_collection_is_read_as_mastodon_writes_it() {
        let document = document();
        let said = Said::read(&document, OWNER).unwrap();
        assert_eq!((said.name.as_str(), said.description.as_str(), said.language), ("Good people", "a list", Some("en")));
        assert_eq!((said.total, said.topic.as_deref(), said.url), (3, Some("people"), said.uri));
    }

    #[test]
    fn a_collection_is_believed_only_of_its_owner_and_from_the_owners_host() {
        for (member, wrong) in [
            ("attributedTo", json!("https://there.example/users/yan")),
            ("id", json!("https://elsewhere.example/c/1")),
            ("type", json!("OrderedCollection")),
            ("name", json!("  ")),
            ("sensitive", json!(null)),
        ] {
            let mut document = document();
            document[member] = wrong;
            assert!(Said::read(&document, OWNER).is_none(), "{member}");
        }
    }
}
