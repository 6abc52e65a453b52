//! Whether anybody here has to do with a post that somebody pushed to us. What we looked up ourselves always is wanted.

use activitypub::document::Note;
use activitypub::resolve_account::local_account;
use db::PgConnection;
use db::statuses::Visibility;

use super::audience;
use crate::Inbox;
use crate::activity::{Activity, RemoteAccount};
use crate::error::Result;
use crate::lookup;

/// `relays.state`
const RELAY_ACCEPTED: i32 = 2;

pub(super) async fn is_related(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    note: Note<'_>,
) -> Result<bool> {
    if !activity.delivered || activity.delivered_to.is_some() || addresses_us(inbox, conn, note).await? {
        return Ok(true);
    }
    let visibility = audience::visibility(note, activity.actor);
    if visibility == Visibility::Direct {
        return Ok(false);
    }
    if lookup::is_followed_here(conn, activity.actor.id).await? {
        return Ok(true);
    }
    if !visibility.is_distributable() {
        return Ok(false);
    }
    Ok(comes_through_relay(conn, activity).await? || answers_known(inbox, conn, note).await?)
}

async fn addresses_us(inbox: &Inbox<'_>, conn: &mut PgConnection, note: Note<'_>) -> Result<bool> {
    for uri in audience::people(note) {
        if local_account(conn, &inbox.config.federation, uri).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn comes_through_relay(conn: &mut PgConnection, activity: &Activity<'_>) -> Result<bool> {
    let Some(relay) = activity.relayed_by else { return Ok(false) };
    Ok(lookup::is_followed_here(conn, relay.id).await? || is_relay(conn, relay).await?)
}

/// Whether an administrator has subscribed to it.
pub(crate) async fn is_relay(conn: &mut PgConnection, account: &RemoteAccount) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM relays WHERE inbox_url = $1 AND state = $2) AS "relay!""#,
        account.inbox_url,
        RELAY_ACCEPTED
    )
    .fetch_one(conn)
    .await
}

async fn answers_known(inbox: &Inbox<'_>, conn: &mut PgConnection, note: Note<'_>) -> Result<bool> {
    let Some(parent) = note.in_reply_to() else { return Ok(false) };
    match lookup::status(conn, &inbox.config.federation, parent).await? {
        Some(parent) => Ok(parent.is_local() || lookup::is_followed_here(conn, parent.account_id).await?),
        None => Ok(false),
    }
}
