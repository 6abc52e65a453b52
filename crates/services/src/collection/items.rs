//! Who stands in a collection.

use activitypub::render::Renderer;
use db::{AccountId, PgConnection};
use jobs::delivery::{FederateFeatureRequest, FederateFeatureRevocation};
use uuid::Uuid;

use super::{MAX_ITEMS, own, state, tell};
use crate::error::{Error, Result};
use crate::notify::{Event, notify_many};

/// Those of `accounts` that `owner` may put into a collection, in the order given. Local accounts must be discoverable and, if
/// they are locked, followed by the owner; of others their published policy decides, and whether they have to be asked does
/// not matter here. Blocks in either direction forbid it.
///
/// # Errors
/// [`Error::NotFound`] if one of them does not exist.
pub async fn may_feature(conn: &mut PgConnection, owner: AccountId, accounts: &[AccountId]) -> Result<Vec<AccountId>> {
    let rows = sqlx::query!(
        r#"
        WITH wanted AS (
          SELECT a.id, a.domain, a.locked, COALESCE(a.discoverable, false) AS discoverable, a.suspended_at IS NOT NULL AS suspended,
            a.feature_approval_policy >> 16 | a.feature_approval_policy AS policy,
            EXISTS (SELECT FROM follows f WHERE f.account_id = $1 AND f.target_account_id = a.id) AS follows,
            EXISTS (SELECT FROM follows f WHERE f.account_id = a.id AND f.target_account_id = $1) AS followed,
            EXISTS (SELECT FROM blocks b WHERE (b.account_id = $1 AND b.target_account_id = a.id)
              OR (b.account_id = a.id AND b.target_account_id = $1))
            OR EXISTS (SELECT FROM account_domain_blocks d JOIN accounts o ON o.domain = d.domain
              WHERE d.account_id = a.id AND o.id = $1) AS blocked
          FROM accounts a WHERE a.id = ANY($2) AND a.id > 0
        )
        SELECT id AS "id!", NOT suspended AND NOT blocked AND CASE
            WHEN domain IS NULL THEN discoverable AND (NOT locked OR follows OR id = $1)
            ELSE policy & 2 <> 0 OR (policy & 4 <> 0 AND follows) OR (policy & 8 <> 0 AND followed)
          END AS "allowed!"
        FROM wanted
        ORDER BY array_position($2, id)
        "#,
        owner,
        accounts
    )
    .fetch_all(conn)
    .await?;
    if rows.len() < accounts.len() {
        return Err(Error::NotFound);
    }
    Ok(rows.into_iter().filter(|row| row.allowed).map(|row| row.id).collect())
}

/// An item that was just made.
pub(super) struct Made {
    id: i64,
    account_id: AccountId,
    local: bool,
}

/// Puts the accounts at the end of a collection. Those of other servers wait for the consent they are asked for. An account
/// that stands there already is left out of the answer.
pub(super) async fn insert(
    conn: &mut PgConnection,
    renderer: &Renderer,
    owner: AccountId,
    collection_id: i64,
    accounts: &[AccountId],
) -> Result<Vec<Made>> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let who = sqlx::query!("SELECT username, id_scheme FROM accounts WHERE id = $1", owner).fetch_one(&mut *conn).await?;
    let owner_uri = renderer.uris.account(owner, &who.username, who.id_scheme);
    let requests: Vec<String> = accounts.iter().map(|_| format!("{owner_uri}/feature_requests/{}", Uuid::new_v4())).collect();
    let made = sqlx::query!(
        r#"
        INSERT INTO collection_items (collection_id, account_id, state, activity_uri, position, created_at, updated_at)
        SELECT $1, a.id, CASE WHEN a.domain IS NULL THEN 1 ELSE 0 END, CASE WHEN a.domain IS NOT NULL THEN n.request END,
          COALESCE((SELECT max(position) FROM collection_items WHERE collection_id = $1), 0) + n.place::int,
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS n (id, request, place)
        JOIN accounts a ON a.id = n.id
        ORDER BY n.place
        ON CONFLICT (account_id, collection_id) DO NOTHING
        RETURNING id, account_id AS "account_id!", state
        "#,
        collection_id,
        accounts,
        &requests
    )
    .fetch_all(&mut *conn)
    .await?;
    let count = i32::try_from(made.len()).unwrap_or(i32::MAX);
    sqlx::query!("UPDATE collections SET item_count = item_count + $2 WHERE id = $1", collection_id, count).execute(conn).await?;
    Ok(made.into_iter().map(|row| Made { id: row.id, account_id: row.account_id, local: row.state == state::ACCEPTED }).collect())
}

/// Local accounts get a notification, others a request.
pub(super) async fn announce(conn: &mut PgConnection, owner: AccountId, made: &[Made]) -> Result<()> {
    let local = made.iter().filter(|item| item.local);
    let events: Vec<Event> = local.map(|item| Event::added_to_collection(item.account_id, owner, item.id)).collect();
    notify_many(conn, &events).await?;
    let asked = made.iter().filter(|item| !item.local);
    let requests: Vec<_> = asked.map(|item| FederateFeatureRequest { item_id: item.id }).collect();
    jobs::enqueue_many(conn, &requests).await?;
    Ok(())
}

/// Puts an account into a collection of `viewer`'s; the id of its item.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`] if the collection is somebody else's or the account does not want it,
/// [`Error::Invalid`] if it stands there already or the collection is full.
pub async fn add(
    conn: &mut PgConnection,
    renderer: &Renderer,
    viewer: AccountId,
    collection_id: i64,
    account: AccountId,
) -> Result<i64> {
    let allowed = may_feature(conn, viewer, &[account]).await?;
    own(conn, viewer, collection_id).await?;
    if allowed.is_empty() {
        return Err(Error::Forbidden);
    }
    let known = sqlx::query!(
        r#"
        SELECT count(*) FILTER (WHERE state IN (0, 1)) AS "shown!", count(*) FILTER (WHERE account_id = $2) > 0 AS "there!"
        FROM collection_items WHERE collection_id = $1
        "#,
        collection_id,
        account
    )
    .fetch_one(&mut *conn)
    .await?;
    if known.there {
        return Err(Error::invalid("Account has already been taken"));
    }
    if usize::try_from(known.shown).is_ok_and(|shown| shown >= MAX_ITEMS) {
        return Err(Error::invalid(format!("Collection items are too many, no more than {MAX_ITEMS} are allowed")));
    }
    let made = insert(conn, renderer, viewer, collection_id, &[account]).await?;
    let item = made.first().ok_or_else(|| Error::invalid("Account has already been taken"))?;
    if item.local
        && let Some(document) = renderer.featured_item(conn, item.id).await?
    {
        tell(conn, viewer, collection_id, document.add()).await?;
    }
    announce(conn, viewer, &made).await?;
    Ok(item.id)
}

/// Takes an item out of a collection of `viewer`'s.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`] unless the collection is `viewer`'s.
pub async fn remove(
    conn: &mut PgConnection,
    renderer: &Renderer,
    viewer: AccountId,
    collection_id: i64,
    item_id: i64,
) -> Result<()> {
    let item = find(conn, collection_id, item_id).await?;
    own(conn, viewer, collection_id).await?;
    let document = renderer.featured_item(conn, item.id).await?;
    drop_item(conn, item.id).await?;
    match document {
        Some(document) => tell(conn, viewer, collection_id, document.remove()).await,
        None => Ok(()),
    }
}

/// The row of an item and its place in the count. What its account was told stays, as in Mastodon. False: it was gone.
///
/// # Errors
/// The database fails.
pub async fn drop_item(conn: &mut PgConnection, item_id: i64) -> Result<bool> {
    let gone = sqlx::query_scalar!("DELETE FROM collection_items WHERE id = $1 RETURNING collection_id", item_id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(collection) = gone else { return Ok(false) };
    sqlx::query!("UPDATE collections SET item_count = greatest(item_count - 1, 0) WHERE id = $1", collection)
        .execute(conn)
        .await?;
    Ok(true)
}

struct ItemRow {
    id: i64,
    account_id: Option<AccountId>,
    state: i32,
    local: bool,
    owner: AccountId,
}

async fn find(conn: &mut PgConnection, collection_id: i64, item_id: i64) -> Result<ItemRow> {
    sqlx::query_as!(
        ItemRow,
        r#"
        SELECT i.id, i.account_id, i.state, c.local, c.account_id AS owner
        FROM collection_items i JOIN collections c ON c.id = i.collection_id
        WHERE i.id = $1 AND c.id = $2
        FOR NO KEY UPDATE OF i
        "#,
        item_id,
        collection_id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound)
}

/// `viewer` no longer wants to stand in a collection, their own server's or another's.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`] unless it is `viewer`'s item.
pub async fn revoke(
    conn: &mut PgConnection,
    renderer: &Renderer,
    viewer: AccountId,
    collection_id: i64,
    item_id: i64,
) -> Result<()> {
    let item = find(conn, collection_id, item_id).await?;
    if item.account_id != Some(viewer) {
        return Err(Error::Forbidden);
    }
    if item.state == state::REVOKED {
        return Ok(());
    }
    set_state(conn, item.id, state::REVOKED).await?;
    if !item.local {
        jobs::enqueue(conn, &FederateFeatureRevocation { item_id }).await?;
        return Ok(());
    }
    match renderer.featured_item(conn, item.id).await? {
        Some(document) => tell(conn, item.owner, collection_id, document.remove()).await,
        None => Ok(()),
    }
}

/// # Errors
/// The database fails.
pub async fn set_state(conn: &mut PgConnection, item_id: i64, state: i32) -> Result<()> {
    sqlx::query!("UPDATE collection_items SET state = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1", item_id, state)
        .execute(conn)
        .await?;
    Ok(())
}
