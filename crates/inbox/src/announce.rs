//! Somebody elsewhere boosts a status.

use activitypub::document::value;
use activitypub::resolve_account::is_local_uri;
use chrono::NaiveDateTime;
use db::counters::{AccountDelta, StatusDelta, add_to_accounts, add_to_statuses};
use db::statuses::Visibility;
use db::{PgConnection, StatusId};
use jobs::feed::Distribute;
use serde_json::Value;
use services::notify::{Event, notify};

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::StatusRef;
use crate::{Inbox, create, fetch_status, lookup, undone};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let (Some(uri), Some(object)) = (activity.id(), activity.object_id()) else { return Ok(()) };
    let is_relay = {
        let mut conn = inbox.db.acquire().await?;
        let is_relay = create::related::is_relay(&mut conn, activity.actor).await?;
        let passed_on = match activity.relayed_by {
            Some(relay) => {
                lookup::is_followed_here(&mut conn, relay.id).await? || create::related::is_relay(&mut conn, relay).await?
            }
            None => false,
        };
        let local = is_local_uri(&inbox.config.federation, object);
        if !is_relay && !passed_on && !local && !lookup::is_followed_here(&mut conn, activity.actor.id).await? {
            return Ok(());
        }
        is_relay
    };
    let Some(original) = original(inbox, activity, object).await? else { return Ok(()) };
    // A relay boosts to pass on; nobody reads it.
    if is_relay || undone::was_remembered_by_mastodon(inbox.kv, activity.actor.id, Some(uri)).await {
        return Ok(());
    }
    let mut tx = inbox.db.begin().await?;
    apply(inbox, &mut tx, activity, uri, &original).await?;
    activity.commit(tx).await
}

/// Known, contained in the activity (people boost their own followers-only posts so), or fetched.
async fn original(inbox: &Inbox<'_>, activity: &Activity<'_>, uri: &str) -> Result<Option<StatusRef>> {
    let federation = &inbox.config.federation;
    let known = lookup::status(&mut *inbox.db.acquire().await?, federation, uri).await?;
    if known.is_some() || is_local_uri(federation, uri) {
        return Ok(known);
    }
    let id = match activity.object() {
        Some(object @ Value::Object(_)) if value::id(value::first(object.get("attributedTo"))) == Some(&activity.actor.uri) => {
            create::store(inbox, &Activity::fetched(object, activity.actor, 1), object).await?
        }
        _ => fetch_status::fetch_for(inbox, uri, fetch_status::reader(inbox, activity).await?.as_ref(), 1).await?,
    };
    match id {
        Some(id) => Ok(lookup::status_by_id(&mut *inbox.db.acquire().await?, id).await?),
        None => Ok(None),
    }
}

async fn apply(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    uri: &str,
    original: &StatusRef,
) -> Result<()> {
    let actor = activity.actor;
    let original = match original.reblog_of_id {
        Some(id) => lookup::status_by_id(conn, id).await?,
        None => Some(original.clone()),
    };
    let Some(original) = original else { return Ok(()) };
    let may = original.account_id == actor.id || original.visibility().is_distributable();
    if !may || undone::is_remembered(conn, actor.id, Some(uri)).await? {
        return Ok(());
    }
    // No unique index forbids a second boost under another address.
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('reblog ' || $1::bigint, $2))", actor.id, original.id)
        .execute(&mut *conn)
        .await?;
    let now = inbox.config.clock.now_naive();
    let Some(id) = insert(conn, activity, uri, &original, now).await? else { return Ok(()) };
    if original.is_local() && !is_group_of(conn, actor.id, original.account_id).await? {
        notify(conn, &Event::reblog(original.account_id, actor.id, id)).await?;
    }
    jobs::enqueue(conn, &Distribute { status_id: id, skip_notifications: false }).await?;
    let author = AccountDelta { account_id: actor.id, statuses: 1, last_status_at: Some(now), ..AccountDelta::default() };
    add_to_accounts(conn, &[author]).await?;
    add_to_statuses(conn, &[StatusDelta { status_id: original.id, reblogs: 1, ..StatusDelta::default() }]).await?;
    Ok(())
}

/// `None`: the actor has boosted it already.
async fn insert(
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    uri: &str,
    original: &StatusRef,
    now: NaiveDateTime,
) -> Result<Option<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH original AS (SELECT id FROM statuses WHERE id = $3 AND deleted_at IS NULL FOR KEY SHARE)
        INSERT INTO statuses (account_id, uri, reblog_of_id, text, visibility, local, created_at, updated_at)
        SELECT $1, $2, original.id, '', $4, false, $5, $6 FROM original
        WHERE NOT EXISTS (SELECT 1 FROM statuses WHERE account_id = $1 AND reblog_of_id = $3 AND deleted_at IS NULL)
        ON CONFLICT DO NOTHING
        RETURNING id
        "#,
        activity.actor.id,
        uri,
        original.id,
        visibility(activity).column(),
        value::time(activity.json.get("published")).unwrap_or(now),
        now
    )
    .fetch_optional(conn)
    .await
}

fn visibility(activity: &Activity<'_>) -> Visibility {
    let json = activity.json;
    if value::includes_public(json.get("to")) {
        Visibility::Public
    } else if value::includes_public(json.get("cc")) {
        Visibility::Unlisted
    } else if activity.audience().any(|uri| uri == activity.actor.followers_url) {
        Visibility::Private
    } else {
        Visibility::Direct
    }
}

/// Groups boost everything that is said to them; their members would be told of each of their own posts.
async fn is_group_of(conn: &mut PgConnection, group: i64, member: i64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT 1 FROM accounts a JOIN follows f ON f.target_account_id = a.id
                       WHERE a.id = $1 AND a.actor_type = 'Group' AND f.account_id = $2) AS "member!"
        "#,
        group,
        member
    )
    .fetch_one(conn)
    .await
}
