//! Relays: actors elsewhere that pass public posts on between the servers that follow them.

use activitypub::render::{PUBLIC, Renderer, activity};
use db::PgConnection;
use db::uri::INSTANCE_ACTOR;
use jobs::DeliveryOptions;
use url::Url;

use crate::error::{Error, Result};
use crate::party;

/// `relays.state`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum State {
    Idle = 0,
    /// Asked, not yet answered.
    Pending = 1,
    Accepted = 2,
    Rejected = 3,
}

#[derive(Debug, Clone)]
pub struct RelayRow {
    pub id: i64,
    pub inbox_url: String,
    pub follow_activity_id: Option<String>,
    pub state: i32,
}

/// # Errors
/// The database fails.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<RelayRow>> {
    Ok(sqlx::query_as!(RelayRow, "SELECT id, inbox_url, follow_activity_id, state FROM relays ORDER BY id")
        .fetch_all(conn)
        .await?)
}

/// Asks the relay with this inbox to send and to pass on; one that was asked before is asked anew.
///
/// # Errors
/// The inbox is no address.
pub async fn add(conn: &mut PgConnection, renderer: &Renderer, inbox_url: &str) -> Result<()> {
    let inbox = inbox_url.trim();
    if !Url::parse(inbox).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return Err(Error::unprocessable("the inbox of a relay is an address that begins with https://"));
    }
    let known =
        sqlx::query_scalar!("SELECT id FROM relays WHERE inbox_url = $1 FOR UPDATE", inbox).fetch_optional(&mut *conn).await?;
    let id = match known {
        Some(id) => id,
        None => {
            sqlx::query_scalar!(
                "INSERT INTO relays (inbox_url, created_at, updated_at)
                 VALUES ($1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') RETURNING id",
                inbox
            )
            .fetch_one(&mut *conn)
            .await?
        }
    };
    let uri = party::new_uri(renderer);
    sqlx::query!(
        "UPDATE relays SET state = $2, follow_activity_id = $3, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        id,
        State::Pending as i32,
        uri
    )
    .execute(&mut *conn)
    .await?;
    send(conn, inbox, &follow(&actor(renderer), &uri).render().into_document()).await
}

/// Takes a relay back that was asked, and forgets it.
///
/// # Errors
/// There is no relay with this inbox.
pub async fn remove(conn: &mut PgConnection, renderer: &Renderer, inbox_url: &str) -> Result<()> {
    let relay = sqlx::query_as!(
        RelayRow,
        "DELETE FROM relays WHERE inbox_url = $1 RETURNING id, inbox_url, follow_activity_id, state",
        inbox_url.trim()
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound)?;
    let (true, Some(uri)) = (relay.state == State::Accepted as i32, relay.follow_activity_id) else { return Ok(()) };
    let undo = follow(&actor(renderer), &uri).undo_as(party::new_uri(renderer));
    send(conn, &relay.inbox_url, &undo.into_document()).await
}

fn actor(renderer: &Renderer) -> String {
    renderer.uris.account(INSTANCE_ACTOR, "", None)
}

fn follow<'a>(actor: &'a str, uri: &'a str) -> activity::Follow<'a> {
    activity::Follow { id: None, uri, actor, object: PUBLIC }
}

/// Also to a relay that counts as dead: an administrator wants it to be tried.
async fn send(conn: &mut PgConnection, inbox: &str, document: &serde_json::Value) -> Result<()> {
    let body = serde_json::to_vec(document).map_err(anyhow::Error::from)?;
    let options = DeliveryOptions { bypass_availability: true, ..DeliveryOptions::default() };
    jobs::deliver_to(conn, INSTANCE_ACTOR, &body, &[inbox.to_owned()], options).await?;
    Ok(())
}
