//! The two sides of a relation, and activities that one sends to the other.

use std::collections::HashMap;

use activitypub::render::{Rendered, Renderer};
use db::AccountId;
use jobs::DeliveryOptions;
use sqlx::PgConnection;

use crate::error::{Error, Result};

/// `accounts.protocol` of servers that speak ActivityPub.
const ACTIVITYPUB: i32 = 1;

/// What verbs between two accounts ask about each.
#[derive(Debug, Clone)]
pub(crate) struct PartyRow {
    pub(crate) id: AccountId,
    pub(crate) username: String,
    pub(crate) domain: Option<String>,
    pub(crate) uri: String,
    pub(crate) id_scheme: Option<i32>,
    pub(crate) locked: bool,
    pub(crate) protocol: i32,
    pub(crate) inbox_url: String,
    pub(crate) suspended: bool,
    pub(crate) silenced: bool,
    pub(crate) moved: bool,
}

impl PartyRow {
    pub(crate) fn is_local(&self) -> bool {
        self.domain.is_none()
    }

    /// The `id` of the actor, ours or the other server's.
    pub(crate) fn uri(&self, renderer: &Renderer) -> String {
        if self.is_local() { renderer.uris.account(self.id, &self.username, self.id_scheme) } else { self.uri.clone() }
    }
}

pub(crate) async fn load(conn: &mut PgConnection, ids: &[AccountId]) -> Result<HashMap<AccountId, PartyRow>> {
    let rows = sqlx::query_as!(
        PartyRow,
        r#"
        SELECT id, username, domain, uri, id_scheme, locked, protocol, inbox_url, suspended_at IS NOT NULL AS "suspended!",
          silenced_at IS NOT NULL AS "silenced!", moved_to_account_id IS NOT NULL AS "moved!"
        FROM accounts WHERE id = ANY($1)
        "#,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Both accounts, in this order.
pub(crate) async fn pair(conn: &mut PgConnection, first: AccountId, second: AccountId) -> Result<(PartyRow, PartyRow)> {
    let mut rows = load(conn, &[first, second]).await?;
    let one = rows.get(&first).cloned().ok_or(Error::NotFound)?;
    let other = rows.remove(&second).ok_or(Error::NotFound)?;
    Ok((one, other))
}

/// Sends an activity of a local account to a remote one; between any others there is nothing to send.
pub(crate) async fn send(
    conn: &mut PgConnection,
    from: &PartyRow,
    to: &PartyRow,
    activity: Rendered,
    options: DeliveryOptions,
) -> Result<()> {
    if !from.is_local() || to.is_local() || to.protocol != ACTIVITYPUB || to.inbox_url.is_empty() {
        return Ok(());
    }
    let body = serde_json::to_vec(&activity.into_document()).map_err(anyhow::Error::from)?;
    let options = DeliveryOptions { object: Some(to.id), ..options };
    jobs::deliver_to(conn, from.id, &body, std::slice::from_ref(&to.inbox_url), options).await?;
    Ok(())
}

/// The URI of a row that was just made here.
pub(crate) fn new_uri(renderer: &Renderer) -> String {
    renderer.random_uri(&uuid::Uuid::new_v4().to_string())
}
