//! Requests to follow a local account that are waiting.

use activitypub::render::Renderer;
use activitypub::render::activity::Follow;
use db::AccountId;
use jobs::DeliveryOptions;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::followers::{self, count};
use crate::notify::{Event, notify};
use crate::party::{self, PartyRow};

/// `account` lets `source` follow; a remote one is told by Accept.
///
/// # Errors
/// [`Error::NotFound`] unless `source` is waiting.
pub async fn authorize(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, source: AccountId) -> Result<()> {
    let (account, source) = party::pair(conn, account, source).await?;
    let granted = followers::grant(conn, source.id, account.id).await?.ok_or(Error::NotFound)?;
    if let Some(follow_id) = granted.follow_id {
        notify(conn, &Event::follow(account.id, source.id, follow_id)).await?;
    }
    let (actor, object) = (source.uri(renderer), account.uri(renderer));
    let uri = granted.request.uri.unwrap_or_default();
    let accept = Follow { id: Some(granted.request.id), uri: &uri, actor: &actor, object: &object }.accept();
    party::send(conn, &account, &source, accept, DeliveryOptions::default()).await?;
    if granted.follow_id.is_some() {
        count(conn, source.id, account.id, 1).await?;
    }
    Ok(())
}

/// `account` does not let `source` follow; a remote one is told by Reject.
///
/// # Errors
/// [`Error::NotFound`] unless `source` is waiting.
pub async fn reject(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, source: AccountId) -> Result<()> {
    let (account, source) = party::pair(conn, account, source).await?;
    if refuse(conn, renderer, &account, &source).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// The same for a request that may not be there.
pub(crate) async fn refuse(conn: &mut PgConnection, renderer: &Renderer, account: &PartyRow, source: &PartyRow) -> Result<bool> {
    let Some(request) = followers::end_request(conn, source.id, account.id).await? else { return Ok(false) };
    let (actor, object) = (source.uri(renderer), account.uri(renderer));
    let uri = request.uri.unwrap_or_default();
    let reject = Follow { id: Some(request.id), uri: &uri, actor: &actor, object: &object }.reject();
    party::send(conn, account, source, reject, DeliveryOptions::default()).await?;
    Ok(true)
}
