//! What an account of another server shows first on its profile: pinned posts and hashtags.

use activitypub::document::value::{self, is_type};
use activitypub::fetch::{fetch_document, has_supported_context, same_host};
use db::{AccountId, PgConnection, StatusId};
use jobs::inbox::{SynchronizeFeatured, SynchronizeFeaturedTags};
use serde_json::Value;
use services::draft::hashtags;

use crate::activity::RemoteAccount;
use crate::dispatch::holds_nul;
use crate::error::{Error, Result};
use crate::{Inbox, fetch_status, lookup};

/// More pins than this are nobody's choice.
const MOST_PINS: usize = 20;
const MOST_TAGS: usize = 10;
const MOST_PAGES: usize = 2;

/// Makes the pins of a remote account those of its featured collection.
///
/// # Errors
/// Its server could not be asked, or the database failed.
pub async fn synchronize_featured(inbox: &Inbox<'_>, job: &SynchronizeFeatured) -> Result<()> {
    let account = RemoteAccount::find(&mut *inbox.db.acquire().await?, job.account_id).await?;
    let Some(account) = account.filter(|account| !account.suspended && !account.featured_url.is_empty()) else { return Ok(()) };
    let Some(items) = items_of(inbox, &account, &account.featured_url, MOST_PAGES).await? else { return Ok(()) };
    let mut pinned: Vec<StatusId> = Vec::new();
    for uri in items.iter().filter_map(|item| value::id(Some(item))).take(MOST_PINS) {
        if let Some(id) = own_status(inbox, &account, uri).await?
            && !pinned.contains(&id)
        {
            pinned.push(id);
        }
    }
    let mut tx = inbox.db.begin().await?;
    sqlx::query!("DELETE FROM status_pins WHERE account_id = $1 AND status_id <> ALL($2)", account.id, &pinned)
        .execute(&mut *tx)
        .await?;
    // The first of the collection was pinned last.
    for id in pinned.iter().rev() {
        pin(&mut tx, account.id, *id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A post of exactly this account, known or fetched.
pub(crate) async fn own_status(inbox: &Inbox<'_>, account: &RemoteAccount, uri: &str) -> Result<Option<StatusId>> {
    if !same_host(uri, &account.uri) {
        return Ok(None);
    }
    let id = match fetch_status::fetch_status(inbox, uri).await {
        Ok(id) => id,
        Err(error @ (Error::Db(_) | Error::Jobs(_))) => return Err(error),
        Err(_) => None,
    };
    let Some(id) = id else { return Ok(None) };
    let status = lookup::status_by_id(&mut *inbox.db.acquire().await?, id).await?;
    Ok(status.filter(|status| status.account_id == account.id && status.reblog_of_id.is_none()).map(|status| status.id))
}

pub(crate) async fn pin(conn: &mut PgConnection, account_id: AccountId, status_id: StatusId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO status_pins (account_id, status_id, created_at, updated_at)
         VALUES ($1, $2, clock_timestamp() AT TIME ZONE 'utc', clock_timestamp() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING",
        account_id,
        status_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the featured hashtags of a remote account those of its collection.
///
/// # Errors
/// As [`synchronize_featured`].
pub async fn synchronize_featured_tags(inbox: &Inbox<'_>, job: &SynchronizeFeaturedTags) -> Result<()> {
    let account = RemoteAccount::find(&mut *inbox.db.acquire().await?, job.account_id).await?;
    let Some(account) = account.filter(|account| !account.suspended) else { return Ok(()) };
    let Some(items) = items_of(inbox, &account, &job.url, MOST_PAGES).await? else { return Ok(()) };
    let name = |item: &Value| {
        let name = is_type(item, "Hashtag").then(|| item.get("name")?.as_str()).flatten()?;
        Some(name.strip_prefix('#').unwrap_or(name).to_owned())
    };
    let names: Vec<String> = items.iter().filter_map(name).take(MOST_TAGS).collect();
    let mut tx = inbox.db.begin().await?;
    let tags = hashtags::find_or_create(&mut tx, &names).await?;
    sqlx::query!("DELETE FROM featured_tags WHERE account_id = $1 AND tag_id <> ALL($2)", account.id, &tags)
        .execute(&mut *tx)
        .await?;
    feature_tags(&mut tx, account.id, &names).await?;
    tx.commit().await?;
    Ok(())
}

/// With the number of posts that we know of.
pub(crate) async fn feature_tags(conn: &mut PgConnection, account_id: AccountId, names: &[String]) -> Result<()> {
    for name in names {
        let Some(tag) = hashtags::find_or_create(conn, std::slice::from_ref(name)).await?.first().copied() else { continue };
        sqlx::query!(
            r#"
            INSERT INTO featured_tags (account_id, tag_id, name, statuses_count, last_status_at, created_at, updated_at)
            SELECT $1, $2, $3, count(s.id), max(s.created_at), now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
            FROM statuses_tags st
            JOIN statuses s ON s.id = st.status_id AND s.account_id = $1 AND s.visibility IN (0, 1) AND s.deleted_at IS NULL
            WHERE st.tag_id = $2
            ON CONFLICT (account_id, tag_id) DO NOTHING
            "#,
            account_id,
            tag,
            text::hashtag::display_name(name)
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The items of a collection and its first pages. `None`: it is none, or cannot be had.
pub(crate) async fn items_of(
    inbox: &Inbox<'_>,
    account: &RemoteAccount,
    url: &str,
    most_pages: usize,
) -> Result<Option<Vec<Value>>> {
    let signer = inbox.resolver.signer().await?;
    let mut found = Vec::new();
    let mut next = Some(Value::String(url.to_owned()));
    let mut pages = 0;
    while let Some(page) = next.take() {
        let page = match page {
            Value::String(uri) if pages <= most_pages && same_host(&uri, &account.uri) => {
                pages += 1;
                match fetch_document(inbox.http, Some(signer), &uri).await {
                    Ok((page, _)) if has_supported_context(&page) && !holds_nul(&page) => page,
                    Err(error) if error.is_temporary() => return Err(error.into()),
                    _ => return Ok(None),
                }
            }
            page @ Value::Object(_) => page,
            _ => break,
        };
        let items = page.get("orderedItems").or_else(|| page.get("items"));
        found.extend(value::many(items).iter().cloned());
        next = page.get("first").filter(|_| items.is_none()).or_else(|| page.get("next")).cloned();
    }
    Ok(Some(found))
}
