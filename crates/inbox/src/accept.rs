//! Somebody elsewhere grants what was asked of them: a follow, a relay, a quote, a place in a collection.

use activitypub::document::value::{self, is_type};
use db::{AccountId, PgConnection};
use serde_json::Value;

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, feature_request, followers, lookup, quote};

/// `relays.state`
const RELAY_ACCEPTED: i32 = 2;

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(object) = activity.object() else { return Ok(()) };
    if is_type(object, "QuoteRequest") || is_known_quote(inbox, activity).await? {
        return quote::accepted(inbox, activity).await;
    }
    let mut tx = inbox.db.begin().await?;
    if feature_request::accepted(inbox, &mut tx, activity).await? {
        return activity.commit(tx).await;
    }
    if let Some(id) = activity.object_id()
        && answer_relay(&mut tx, activity.actor.id, id, RELAY_ACCEPTED).await?
    {
        return activity.commit(tx).await;
    }
    if let Some(follower) = requester(inbox, &mut tx, activity, object).await? {
        followers::accepted(&mut tx, follower, activity.actor.id).await?;
    }
    activity.commit(tx).await
}

async fn is_known_quote(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<bool> {
    let Some(id) = activity.object_id() else { return Ok(false) };
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM quotes WHERE activity_uri = $1 AND quoted_account_id = $2) AS "known!""#,
        id,
        activity.actor.id
    );
    Ok(known.fetch_one(&mut *inbox.db.acquire().await?).await?)
}

/// The local account whose request is meant: by the id of the request, or by the follow that stands in the answer.
pub(crate) async fn requester(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    object: &Value,
) -> Result<Option<AccountId>> {
    let by_id = match activity.object_id() {
        Some(id) => sqlx::query_scalar!(
            "SELECT r.account_id FROM follow_requests r JOIN accounts a ON a.id = r.account_id
                 WHERE r.uri = $1 AND r.target_account_id = $2 AND a.domain IS NULL
                 UNION ALL
                 SELECT f.account_id FROM follows f JOIN accounts a ON a.id = f.account_id
                 WHERE f.uri = $1 AND f.target_account_id = $2 AND a.domain IS NULL
                 LIMIT 1",
            id,
            activity.actor.id
        )
        .fetch_optional(&mut *conn)
        .await?
        .flatten(),
        None => None,
    };
    if by_id.is_some() || !is_type(object, "Follow") {
        return Ok(by_id);
    }
    let Some(follower) = value::id(value::first(object.get("actor"))) else { return Ok(None) };
    Ok(lookup::local(conn, &inbox.config.federation, follower).await?.map(|local| local.id))
}

/// Notes a relay's answer to our follow. False: it is about something else.
pub(crate) async fn answer_relay(
    conn: &mut PgConnection,
    actor: AccountId,
    follow_id: &str,
    state: i32,
) -> Result<bool, sqlx::Error> {
    let answered = sqlx::query!(
        "UPDATE relays SET state = $3, updated_at = now() AT TIME ZONE 'utc'
         WHERE follow_activity_id = $2 AND inbox_url = (SELECT inbox_url FROM accounts WHERE id = $1)",
        actor,
        follow_id,
        state
    );
    Ok(answered.execute(conn).await?.rows_affected() > 0)
}
