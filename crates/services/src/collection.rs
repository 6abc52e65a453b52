//! Collections of accounts (FEP-7aa9): made, changed and taken away by their owners. Who stands in them: `items`.

mod attributes;
mod items;

use activitypub::render::Renderer;
use db::{AccountId, PgConnection};
use jobs::delivery::FederateCollection;

pub use self::attributes::Changes;
use self::attributes::{Attributes, tag_of};
pub use self::items::{add, drop_item, may_feature, remove, revoke, set_state};
use crate::error::{Error, Result, Validation};
use crate::notify::{Event, notify_many};

/// More accounts that stand or wait in a local collection are refused.
pub const MAX_ITEMS: usize = 25;

/// `collection_items.state`
pub mod state {
    pub const PENDING: i32 = 0;
    pub const ACCEPTED: i32 = 1;
    pub const REJECTED: i32 = 2;
    pub const REVOKED: i32 = 3;
}

/// A new collection of `owner`'s with these accounts in it. Local ones stand there at once and are told, others are asked.
///
/// # Errors
/// [`Error::NotFound`] if an account does not exist, [`Error::Forbidden`] if one does not want to be featured,
/// [`Error::Invalid`] with details, also past the number that the owner's role allows.
pub async fn create(
    conn: &mut PgConnection,
    renderer: &Renderer,
    owner: AccountId,
    changes: &Changes,
    accounts: &[AccountId],
) -> Result<i64> {
    let mut chosen: Vec<AccountId> = Vec::new();
    accounts.iter().for_each(|id| {
        if !chosen.contains(id) {
            chosen.push(*id);
        }
    });
    let tag = tag_of(conn, changes).await?;
    if may_feature(conn, owner, &chosen).await?.len() < chosen.len() {
        return Err(Error::Forbidden);
    }
    // Two requests at a time would both count nine.
    sqlx::query!("SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE", owner).fetch_optional(&mut *conn).await?;
    let mut attributes = Attributes::default();
    attributes.change(changes, tag);
    let mut found = attributes.complaints();
    if chosen.len() > MAX_ITEMS {
        too_many_items(&mut found);
    }
    let (limit, count) = room(conn, owner).await?;
    if count >= limit {
        found.add("base", "", "ERR_TOO_MANY", &format!("You cannot have more than {limit} collections"));
    }
    found.into_result()?;
    let id = insert(conn, owner, &attributes).await?;
    let made = items::insert(conn, renderer, owner, id, &chosen).await?;
    if let Some(collection) = renderer.featured_collection(conn, id).await? {
        tell(conn, owner, id, collection.add()).await?;
    }
    items::announce(conn, owner, &made).await?;
    Ok(id)
}

/// How many collections the role of `owner` allows, and how many there are.
async fn room(conn: &mut PgConnection, owner: AccountId) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        SELECT (SELECT r.collection_limit FROM users u JOIN user_roles r ON r.id = COALESCE(u.role_id, -99)
                WHERE u.account_id = $1) AS "allowed",
          (SELECT count(*) FROM collections WHERE account_id = $1) AS "count!"
        "#,
        owner
    )
    .fetch_one(conn)
    .await?;
    // A database without the role of everybody allows what Mastodon's default is.
    Ok((i64::from(row.allowed.unwrap_or(10)), row.count))
}

async fn insert(conn: &mut PgConnection, owner: AccountId, attributes: &Attributes) -> Result<i64> {
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO collections (account_id, name, description, language, sensitive, discoverable, tag_id, local, item_count,
          created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, true, 0, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        owner,
        attributes.name,
        attributes.description,
        attributes.language,
        attributes.sensitive.unwrap_or_default(),
        attributes.discoverable.unwrap_or_default(),
        attributes.tag_id
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

fn too_many_items(found: &mut Validation) {
    let text = format!("are too many, no more than {MAX_ITEMS} are allowed");
    found.add("collection_items", "Collection items", "ERR_TOO_MANY", &text);
}

/// Changes a collection. Other servers hear of it if anything is different now, the local accounts in it if it has another
/// name or description.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`] unless it is `viewer`'s, [`Error::Invalid`] with details.
pub async fn update(conn: &mut PgConnection, renderer: &Renderer, viewer: AccountId, id: i64, changes: &Changes) -> Result<()> {
    own(conn, viewer, id).await?;
    let tag = tag_of(conn, changes).await?;
    let before = sqlx::query_as!(
        Attributes,
        r#"
        SELECT name, description, language, sensitive AS "sensitive?", discoverable AS "discoverable?", tag_id
        FROM collections WHERE id = $1
        "#,
        id
    )
    .fetch_one(&mut *conn)
    .await?;
    let mut after = before.clone();
    after.change(changes, tag);
    after.complaints().into_result()?;
    if after == before {
        return Ok(());
    }
    sqlx::query!(
        r#"
        UPDATE collections SET name = $2, description = $3, language = $4, sensitive = $5, discoverable = $6, tag_id = $7,
          updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        id,
        after.name,
        after.description,
        after.language,
        after.sensitive.unwrap_or_default(),
        after.discoverable.unwrap_or_default(),
        after.tag_id
    )
    .execute(&mut *conn)
    .await?;
    if (&after.name, &after.description) != (&before.name, &before.description) {
        tell_members(conn, viewer, id).await?;
    }
    if let Some(collection) = renderer.featured_collection(conn, id).await? {
        tell(conn, viewer, id, collection.update()).await?;
    }
    Ok(())
}

/// The local accounts that stand in it learn that it has another name or description.
///
/// # Errors
/// The database fails.
pub async fn tell_members(conn: &mut PgConnection, owner: AccountId, id: i64) -> Result<()> {
    let members = sqlx::query_scalar!(
        r#"
        SELECT a.id FROM collection_items i JOIN accounts a ON a.id = i.account_id AND a.domain IS NULL
        WHERE i.collection_id = $1 AND i.state = $2
        ORDER BY a.id
        "#,
        id,
        state::ACCEPTED
    )
    .fetch_all(&mut *conn)
    .await?;
    let events: Vec<Event> = members.iter().map(|member| Event::collection_update(*member, owner, id)).collect();
    notify_many(conn, &events).await?;
    Ok(())
}

/// Takes a collection away.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`] unless it is `viewer`'s.
pub async fn delete(conn: &mut PgConnection, renderer: &Renderer, viewer: AccountId, id: i64) -> Result<()> {
    own(conn, viewer, id).await?;
    let collection = renderer.featured_collection(conn, id).await?;
    erase(conn, id).await?;
    match collection {
        Some(collection) => tell(conn, viewer, id, collection.remove()).await,
        None => Ok(()),
    }
}

/// The row of a collection, local or not, with what hangs on it. What people were told of it stays, as in Mastodon.
///
/// # Errors
/// The database fails.
pub async fn erase(conn: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query!(
        "UPDATE tagged_objects SET object_type = NULL, object_id = NULL WHERE object_type = 'Collection' AND object_id = $1",
        id
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM collections WHERE id = $1", id).execute(conn).await?;
    Ok(())
}

/// Locks a collection of `viewer`'s, so that its items are counted by one request at a time.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`] unless it is a local one of `viewer`'s.
async fn own(conn: &mut PgConnection, viewer: AccountId, id: i64) -> Result<()> {
    let row = sqlx::query!("SELECT account_id, local FROM collections WHERE id = $1 FOR NO KEY UPDATE", id)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)?;
    if row.account_id == viewer && row.local { Ok(()) } else { Err(Error::Forbidden) }
}

/// Who may look at a collection: everybody but those whom its owner blocks. Of somebody who is suspended nothing is shown.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Forbidden`].
pub async fn require_visible(conn: &mut PgConnection, viewer: Option<AccountId>, id: i64) -> Result<AccountId> {
    let row = sqlx::query!(
        r#"
        SELECT c.account_id, EXISTS (
            SELECT FROM blocks b WHERE b.account_id = c.account_id AND b.target_account_id = $2
          ) OR EXISTS (
            SELECT FROM account_domain_blocks d JOIN accounts v ON v.domain = d.domain
            WHERE d.account_id = c.account_id AND v.id = $2
          ) AS "blocked!"
        FROM collections c JOIN accounts a ON a.id = c.account_id AND a.suspended_at IS NULL
        WHERE c.id = $1
        "#,
        id,
        viewer
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound)?;
    if row.blocked { Err(Error::Forbidden) } else { Ok(row.account_id) }
}

/// Everybody who knows the owner, and those who stand in the collection, once this is committed.
async fn tell(
    conn: &mut PgConnection,
    owner: AccountId,
    collection_id: i64,
    activity: activitypub::render::Rendered,
) -> Result<()> {
    let json = activity.into_document().to_string();
    jobs::enqueue(conn, &FederateCollection { account_id: owner, collection_id, json }).await?;
    Ok(())
}
