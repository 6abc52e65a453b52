//! Somebody elsewhere asks whether one of our accounts may stand in their collection (FEP-7aa9), and what others answer to
//! such questions of ours.

use activitypub::document::value;
use activitypub::fetch::{is_web_uri, same_host};
use activitypub::render::featured_collection::FeatureAnswer;
use db::{AccountId, PgConnection};
use jobs::delivery::FederateCollection;
use services::collection::{drop_item, may_feature, set_state, state};
use services::notify::{Event, notify};

use crate::activity::Activity;
use crate::error::Result;
use crate::featured_collection::{self, MOST_ITEMS};
use crate::lookup::{self, LocalAccount};
use crate::{Inbox, send};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let (Some(id), Some(object)) = (activity.id(), activity.object_id()) else { return Ok(()) };
    let Some(instrument) = value::id(value::first(activity.json.get("instrument"))) else { return Ok(()) };
    if !same_host(id, &activity.actor.uri) {
        return Ok(());
    }
    let (account, known) = {
        let mut conn = inbox.db.acquire().await?;
        let Some(account) = lookup::local(&mut conn, &inbox.config.federation, object).await? else { return Ok(()) };
        (account, featured_collection::find_own(&mut conn, activity.actor.id, instrument).await?)
    };
    let collection = match known {
        Some(known) => Some(known),
        None => featured_collection::fetch(inbox, activity.actor, instrument).await?,
    };
    let Some(collection) = collection else { return Ok(()) };
    let mut tx = inbox.db.begin().await?;
    let allowed = match may_feature(&mut tx, activity.actor.id, &[account.id]).await {
        Ok(allowed) => !allowed.is_empty(),
        Err(services::Error::NotFound) => false,
        Err(error) => return Err(error.into()),
    };
    let item = if allowed { grant(&mut tx, activity.actor.id, collection, &account, id).await? } else { None };
    let account_uri = account.uri(&inbox.renderer.uris);
    let answer = FeatureAnswer { request: id, account: &account_uri, owner: &activity.actor.uri };
    let document = match item {
        Some(item) => answer.accept(item, &inbox.renderer.uris.feature_authorization(account.id, item)),
        None => answer.reject(),
    };
    send(&mut tx, account.id, document, &activity.actor.inbox_url).await?;
    activity.commit(tx).await
}

/// The id of the item, also of one that was granted before. `None`: the collection is full, or the consent was taken back.
async fn grant(
    conn: &mut PgConnection,
    owner: AccountId,
    collection: i64,
    account: &LocalAccount,
    request: &str,
) -> Result<Option<i64>> {
    sqlx::query!("SELECT id FROM collections WHERE id = $1 FOR NO KEY UPDATE", collection).fetch_optional(&mut *conn).await?;
    let known = sqlx::query!(
        "SELECT id, state FROM collection_items WHERE collection_id = $1 AND account_id = $2 FOR NO KEY UPDATE",
        collection,
        account.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(known) = known {
        return Ok((known.state == state::ACCEPTED).then_some(known.id));
    }
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", COALESCE(max(position), 0) AS "last!" FROM collection_items WHERE collection_id = $1"#,
        collection
    )
    .fetch_one(&mut *conn)
    .await?;
    if usize::try_from(row.count).is_ok_and(|count| count >= MOST_ITEMS) {
        return Ok(None);
    }
    let item = sqlx::query_scalar!(
        r#"
        INSERT INTO collection_items (collection_id, account_id, activity_uri, state, position, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        collection,
        account.id,
        request,
        state::ACCEPTED,
        row.last + 1
    )
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query!("UPDATE collections SET item_count = item_count + 1 WHERE id = $1", collection).execute(&mut *conn).await?;
    notify(conn, &Event::added_to_collection(account.id, owner, item)).await?;
    Ok(Some(item))
}

/// An item of a local collection.
struct AskedRow {
    id: i64,
    state: i32,
}

/// The request of ours that an answer is about, if it went to the one who answers.
async fn asked(conn: &mut PgConnection, activity: &Activity<'_>) -> Result<Option<AskedRow>, sqlx::Error> {
    let Some(id) = activity.object_id() else { return Ok(None) };
    sqlx::query_as!(
        AskedRow,
        r#"
        SELECT i.id, i.state FROM collection_items i JOIN collections c ON c.id = i.collection_id AND c.local
        WHERE i.activity_uri = $1 AND i.account_id = $2
        FOR NO KEY UPDATE OF i
        "#,
        id,
        activity.actor.id
    )
    .fetch_optional(conn)
    .await
}

/// They agree; everybody learns it. False: it is about something else. The answer itself is as good as the stamp that it
/// names, which is therefore not asked for (recorded).
pub(crate) async fn accepted(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>) -> Result<bool> {
    let Some(item) = asked(conn, activity).await? else { return Ok(false) };
    let stamp = value::id(value::first(activity.json.get("result")));
    let Some(stamp) = stamp.filter(|stamp| is_web_uri(stamp) && same_host(stamp, &activity.actor.uri)) else { return Ok(true) };
    if item.state != state::PENDING {
        return Ok(true);
    }
    let granted = sqlx::query!(
        r#"
        UPDATE collection_items SET state = $2, approval_uri = $3, approval_last_verified_at = now() AT TIME ZONE 'utc',
          updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1 AND NOT EXISTS (SELECT FROM collection_items other WHERE other.approval_uri = $3)
        "#,
        item.id,
        state::ACCEPTED,
        stamp
    )
    .execute(&mut *conn)
    .await?;
    if granted.rows_affected() > 0
        && let Some(document) = inbox.renderer.featured_item(conn, item.id).await?
    {
        let (account_id, collection_id) = (document.owner, document.collection_id);
        let json = document.add().into_document().to_string();
        jobs::enqueue(conn, &FederateCollection { account_id, collection_id, json }).await?;
    }
    Ok(true)
}

/// They do not agree, or no longer. False: it is about something else.
pub(crate) async fn rejected(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>) -> Result<bool> {
    let Some(item) = asked(conn, activity).await? else { return Ok(false) };
    if item.state == state::ACCEPTED {
        withdraw(inbox, conn, item.id).await?;
    }
    if item.state != state::REVOKED {
        set_state(conn, item.id, state::REJECTED).await?;
    }
    Ok(true)
}

/// The account behind a stamp no longer agrees. False: it is no stamp that we know of.
pub(crate) async fn revoked(inbox: &Inbox<'_>, conn: &mut PgConnection, actor: AccountId, stamp: &str) -> Result<bool> {
    let item = sqlx::query!(
        r#"
        SELECT i.id, i.state, c.local FROM collection_items i JOIN collections c ON c.id = i.collection_id
        WHERE i.approval_uri = $1 AND i.account_id = $2
        FOR NO KEY UPDATE OF i
        "#,
        stamp,
        actor
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(item) = item else { return Ok(false) };
    if !item.local {
        drop_item(conn, item.id).await?;
    } else if item.state != state::REVOKED {
        set_state(conn, item.id, state::REVOKED).await?;
        withdraw(inbox, conn, item.id).await?;
    }
    Ok(true)
}

/// Who got the collection learns that somebody does not stand there any more.
async fn withdraw(inbox: &Inbox<'_>, conn: &mut PgConnection, item_id: i64) -> Result<()> {
    if let Some(document) = inbox.renderer.featured_item(conn, item_id).await? {
        let (account_id, collection_id) = (document.owner, document.collection_id);
        let json = document.remove().into_document().to_string();
        jobs::enqueue(conn, &FederateCollection { account_id, collection_id, json }).await?;
    }
    Ok(())
}
