//! Posts of other servers: pushed to us, or looked up because something refers to them.

pub(crate) mod audience;
pub(crate) mod insert;
pub(crate) mod media;
pub(crate) mod mentions;
pub(crate) mod poll;
pub(crate) mod related;

use activitypub::document::{Note, value};
use activitypub::fetch::{fetch_resource, same_host};
use chrono::TimeDelta;
use db::{PgConnection, StatusId};
use jobs::account::RefreshAccount;
use serde_json::Value;

use crate::activity::Activity;
use crate::dispatch::holds_nul;
use crate::error::Result;
use crate::lookup::StatusRef;
use crate::{Inbox, fetch_status, lookup, quote, undone};

/// Authors whose profile was not looked at for so long are looked at again some time after they post.
const STALE_AFTER: TimeDelta = TimeDelta::weeks(1);
const REFRESH_WITHIN_SECONDS: u64 = 6 * 60 * 60;

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    refresh_if_stale(inbox, activity).await?;
    if let Some(object) = dereferenced(inbox, activity).await? {
        store(inbox, activity, &object).await?;
    }
    Ok(())
}

pub(crate) async fn refresh_if_stale(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let now = inbox.config.clock.now_naive();
    if activity.actor.last_webfingered_at.is_some_and(|at| at > now - STALE_AFTER) {
        return Ok(());
    }
    let delay = std::time::Duration::from_secs(rand::random_range(0..REFRESH_WITHIN_SECONDS));
    jobs::enqueue_in(&mut *inbox.db.acquire().await?, &RefreshAccount { account_id: activity.actor.id }, delay).await?;
    Ok(())
}

/// The object in full. One that is only named is fetched from the actor's own server, in the name of somebody whom it
/// was meant for.
pub(crate) async fn dereferenced(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<Option<Value>> {
    let object = match activity.object() {
        Some(object @ Value::Object(_)) => object.clone(),
        Some(Value::String(uri)) if same_host(uri, &activity.actor.uri) => {
            let signer = fetch_status::reader(inbox, activity).await?;
            let document = match &signer {
                Some(signer) => fetch_resource(inbox.http, Some(signer), uri, true).await?,
                None => fetch_resource(inbox.http, Some(inbox.resolver.signer().await?), uri, true).await?,
            };
            if holds_nul(&document) {
                return Ok(None);
            }
            document
        }
        _ => return Ok(None),
    };
    Ok(Some(audience::completed(object, activity.json)))
}

/// Held until the transaction ends: whatever says something about the post that `uri` names comes one after the other.
pub(crate) async fn lock(conn: &mut PgConnection, uri: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('create:' || $1, 0))", uri).execute(conn).await?;
    Ok(())
}

/// What a post refers to and what of it had to be asked of other servers.
pub(crate) struct Prepared {
    pub(crate) mentions: mentions::Mentions,
    pub(crate) quote: Option<quote::Prepared>,
}

/// Takes a post in; the id also of one that is here already. `None`: it is no post, not for anybody here, or a vote.
pub(crate) async fn store(inbox: &Inbox<'_>, activity: &Activity<'_>, object: &Value) -> Result<Option<StatusId>> {
    let note = Note(object);
    let Some(uri) = note.uri() else { return Ok(None) };
    if !note.is_supported() || !same_host(&uri, &activity.actor.uri) {
        return Ok(None);
    }
    {
        let mut conn = inbox.db.acquire().await?;
        if is_refused(inbox, &mut conn, activity, &uri).await? || !related::is_related(inbox, &mut conn, activity, note).await? {
            return Ok(None);
        }
    }
    if poll::vote(inbox, activity, note, &uri).await? {
        return Ok(None);
    }
    if let Some(known) = lookup::own_status(&mut *inbox.db.acquire().await?, activity.actor.id, &uri).await? {
        return known_already(inbox, activity, &known).await;
    }
    let prepared =
        Prepared { mentions: mentions::resolve(inbox, note).await?, quote: quote::prepare(inbox, activity, note, &uri).await? };
    let mut tx = inbox.db.begin().await?;
    lock(&mut tx, &uri).await?;
    if is_refused(inbox, &mut tx, activity, &uri).await? {
        return Ok(None);
    }
    if let Some(known) = lookup::own_status(&mut tx, activity.actor.id, &uri).await? {
        drop(tx);
        return known_already(inbox, activity, &known).await;
    }
    let id = insert::insert(inbox, &mut tx, activity, note, &uri, &prepared).await?;
    activity.commit(tx).await?;
    Ok(id)
}

/// Deleted for good, or deleted before it came.
async fn is_refused(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>, uri: &str) -> Result<bool> {
    let buried = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM tombstones WHERE uri = $1) AS "buried!""#, uri);
    Ok(buried.fetch_one(&mut *conn).await?
        || undone::is_remembered(conn, activity.actor.id, Some(uri)).await?
        || undone::was_remembered_by_mastodon(inbox.kv, activity.actor.id, Some(uri)).await)
}

/// Whoever gets a post in their own inbox may read it, even if they were not among the receivers when it came first.
async fn known_already(inbox: &Inbox<'_>, activity: &Activity<'_>, known: &StatusRef) -> Result<Option<StatusId>> {
    let Some(receiver) = activity.delivered_to else { return Ok(Some(known.id)) };
    let mut tx = inbox.db.begin().await?;
    let added = sqlx::query_scalar!(
        r#"
        INSERT INTO mentions (status_id, account_id, silent, created_at, updated_at)
        VALUES ($1, $2, true, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id, status_id) DO NOTHING
        RETURNING id
        "#,
        known.id,
        receiver
    )
    .fetch_optional(&mut *tx)
    .await?;
    if added.is_some() {
        let (direct, limited) = (db::statuses::Visibility::Direct.column(), db::statuses::Visibility::Limited.column());
        sqlx::query!("UPDATE statuses SET visibility = $2 WHERE id = $1 AND visibility = $3", known.id, limited, direct)
            .execute(&mut *tx)
            .await?;
        jobs::enqueue(&mut tx, &jobs::feed::Distribute { status_id: known.id, skip_notifications: true }).await?;
    }
    activity.commit(tx).await?;
    Ok(Some(known.id))
}

/// Whether the object belongs to the actor by what it says itself: for documents that we looked up.
pub(crate) fn author_of(object: &Value) -> Option<&str> {
    value::id(value::first(object.get("attributedTo")))
        .or_else(|| value::many(object.get("attributedTo")).iter().find_map(|author| value::id(Some(author))))
        .or_else(|| value::id(value::first(object.get("actor"))))
}
