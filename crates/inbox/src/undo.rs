//! Somebody elsewhere takes back what they did. What is not here yet is remembered, so that it does nothing when it comes.

use activitypub::document::value;
use db::counters::{StatusDelta, add_to_statuses};
use db::{PgConnection, StatusId};
use serde_json::Value;
use services::followers;
use services::remove_status::{Removal, remove_status};

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, lookup, undone};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(object) = activity.object() else { return Ok(()) };
    let mut tx = inbox.db.begin().await?;
    let found = match object.get("type").and_then(Value::as_str) {
        Some("Announce") => undo_announce(&mut tx, activity, object).await?,
        Some("Accept") => undo_accept(inbox, &mut tx, activity, object).await?,
        Some("Follow") => undo_follow(inbox, &mut tx, activity, object).await?,
        Some("Like") => undo_like(inbox, &mut tx, activity, object).await?,
        Some("Block") => undo_block(inbox, &mut tx, activity, object).await?,
        Some(_) => true,
        None => undo_by_id(&mut tx, activity).await?,
    };
    if let Some(id) = activity.object_id().filter(|_| !found) {
        undone::remember(&mut tx, activity.actor.id, id).await?;
    }
    activity.commit(tx).await
}

async fn undo_announce(conn: &mut PgConnection, activity: &Activity<'_>, object: &Value) -> Result<bool> {
    for uri in [value::id(Some(object)), object.get("atomUri").and_then(Value::as_str)].into_iter().flatten() {
        if let Some(status) = lookup::own_status(conn, activity.actor.id, uri).await?.filter(|s| s.reblog_of_id.is_some()) {
            remove_status(conn, status.id, Removal::default()).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// The follower is asked to wait again.
async fn undo_accept(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>, object: &Value) -> Result<bool> {
    let Some(follow) = value::first(object.get("object")) else { return Ok(true) };
    let inner = Activity { json: object, ..*activity };
    let Some(follower) = crate::accept::requester(inbox, conn, &inner, follow).await? else { return Ok(true) };
    let before = sqlx::query!(
        "SELECT show_reblogs, notify, languages FROM follows WHERE account_id = $1 AND target_account_id = $2",
        follower,
        activity.actor.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let (Some(before), Some(gone)) = (before, followers::end(conn, follower, activity.actor.id).await?) else { return Ok(true) };
    sqlx::query!(
        r#"
        INSERT INTO follow_requests (account_id, target_account_id, show_reblogs, uri, notify, languages, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id, target_account_id) DO NOTHING
        "#,
        follower,
        activity.actor.id,
        before.show_reblogs,
        gone.uri,
        before.notify,
        before.languages.as_deref()
    )
    .execute(&mut *conn)
    .await?;
    followers::count(conn, follower, activity.actor.id, -1).await?;
    Ok(true)
}

async fn undo_follow(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>, object: &Value) -> Result<bool> {
    let Some(target) = value::id(value::first(object.get("object"))) else { return Ok(true) };
    let Some(target) = lookup::local(conn, &inbox.config.federation, target).await? else { return Ok(true) };
    end_follow(conn, activity, target.id).await
}

async fn end_follow(conn: &mut PgConnection, activity: &Activity<'_>, target: db::AccountId) -> Result<bool> {
    if followers::end(conn, activity.actor.id, target).await?.is_some() {
        followers::count(conn, activity.actor.id, target, -1).await?;
        return Ok(true);
    }
    Ok(followers::end_request(conn, activity.actor.id, target).await?.is_some())
}

async fn undo_like(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>, object: &Value) -> Result<bool> {
    let Some(uri) = value::id(value::first(object.get("object"))) else { return Ok(true) };
    let status = lookup::status(conn, &inbox.config.federation, uri).await?;
    let Some(status) = status.filter(lookup::StatusRef::is_local) else { return Ok(true) };
    unfavourite(conn, activity, status.id).await
}

async fn unfavourite(conn: &mut PgConnection, activity: &Activity<'_>, status_id: StatusId) -> Result<bool> {
    let gone = sqlx::query_scalar!(
        "DELETE FROM favourites WHERE account_id = $1 AND status_id = $2 RETURNING id",
        activity.actor.id,
        status_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(favourite) = gone else { return Ok(false) };
    sqlx::query!("DELETE FROM notifications WHERE activity_type = 'Favourite' AND activity_id = $1", favourite)
        .execute(&mut *conn)
        .await?;
    add_to_statuses(conn, &[StatusDelta { status_id, favourites: -1, ..StatusDelta::default() }]).await?;
    Ok(true)
}

async fn undo_block(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>, object: &Value) -> Result<bool> {
    let Some(target) = value::id(value::first(object.get("object"))) else { return Ok(true) };
    let Some(target) = lookup::local(conn, &inbox.config.federation, target).await? else { return Ok(true) };
    let gone = sqlx::query!("DELETE FROM blocks WHERE account_id = $1 AND target_account_id = $2", activity.actor.id, target.id)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected() > 0)
}

/// Only the address of what is taken back is given: whatever of the actor's has it.
async fn undo_by_id(conn: &mut PgConnection, activity: &Activity<'_>) -> Result<bool> {
    let Some(uri) = activity.object_id() else { return Ok(true) };
    if let Some(status) = lookup::own_status(conn, activity.actor.id, uri).await?.filter(|s| s.reblog_of_id.is_some()) {
        remove_status(conn, status.id, Removal::default()).await?;
        return Ok(true);
    }
    let followed = sqlx::query_scalar!(
        r#"
        SELECT target_account_id AS "id!" FROM follows WHERE account_id = $1 AND uri = $2
        UNION ALL
        SELECT target_account_id FROM follow_requests WHERE account_id = $1 AND uri = $2
        LIMIT 1
        "#,
        activity.actor.id,
        uri
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(target) = followed {
        return end_follow(conn, activity, target).await;
    }
    let gone =
        sqlx::query!("DELETE FROM blocks WHERE account_id = $1 AND uri = $2", activity.actor.id, uri).execute(conn).await?;
    Ok(gone.rows_affected() > 0)
}
