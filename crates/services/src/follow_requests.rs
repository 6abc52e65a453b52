//! Requests to follow a local account that are waiting, and what comes of those that local accounts sent.

use activitypub::render::Renderer;
use activitypub::render::activity::Follow;
use db::AccountId;
use jobs::DeliveryOptions;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::feeds;
use crate::follow::{count, forget_notification};
use crate::notify::{Event, notify};
use crate::party::{self, PartyRow};

struct RequestRow {
    id: i64,
    show_reblogs: bool,
    notify: bool,
    languages: Option<Vec<String>>,
    uri: Option<String>,
}

/// `account` lets `source` follow; a remote one is told by Accept.
///
/// # Errors
/// [`Error::NotFound`] unless `source` is waiting.
pub async fn authorize(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, source: AccountId) -> Result<()> {
    let (account, source) = party::pair(conn, account, source).await?;
    let request = find(conn, source.id, account.id).await?.ok_or(Error::NotFound)?;
    let made = turn_into_follow(conn, &source, &account, &request).await?;
    if let Some(follow_id) = made {
        notify(conn, &Event::follow(account.id, source.id, follow_id)).await?;
    }
    let (actor, object) = (source.uri(renderer), account.uri(renderer));
    let uri = request.uri.clone().unwrap_or_default();
    let accept = Follow { id: Some(request.id), uri: &uri, actor: &actor, object: &object }.accept();
    party::send(conn, &account, &source, accept, DeliveryOptions::default()).await?;
    if made.is_some() {
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
    let Some(request) = find(conn, source.id, account.id).await? else { return Ok(false) };
    delete(conn, &request).await?;
    let (actor, object) = (source.uri(renderer), account.uri(renderer));
    let uri = request.uri.unwrap_or_default();
    let reject = Follow { id: Some(request.id), uri: &uri, actor: &actor, object: &object }.reject();
    party::send(conn, account, source, reject, DeliveryOptions::default()).await?;
    Ok(true)
}

/// A remote `account` accepted: what `source` asked for becomes a follow. False: there was no such request.
///
/// # Errors
/// [`Error::NotFound`] if one of them does not exist.
pub async fn accepted(conn: &mut PgConnection, source: AccountId, account: AccountId) -> Result<bool> {
    let (source, account) = party::pair(conn, source, account).await?;
    let Some(request) = find(conn, source.id, account.id).await? else { return Ok(false) };
    if turn_into_follow(conn, &source, &account, &request).await?.is_some() {
        count(conn, source.id, account.id, 1).await?;
    }
    Ok(true)
}

/// A remote `account` refused, before or after it had accepted. False: there was nothing to end.
///
/// # Errors
/// [`Error::NotFound`] if one of them does not exist.
pub async fn rejected(conn: &mut PgConnection, source: AccountId, account: AccountId) -> Result<bool> {
    if let Some(request) = find(conn, source, account).await? {
        delete(conn, &request).await?;
        return Ok(true);
    }
    let lists = feeds::lists_with(conn, source, account).await?;
    let gone =
        sqlx::query_scalar!("DELETE FROM follows WHERE account_id = $1 AND target_account_id = $2 RETURNING id", source, account)
            .fetch_optional(&mut *conn)
            .await?;
    let Some(follow_id) = gone else { return Ok(false) };
    forget_notification(conn, "Follow", follow_id).await?;
    feeds::unmerge(conn, account, source, &lists).await?;
    count(conn, source, account, -1).await?;
    Ok(true)
}

async fn find(conn: &mut PgConnection, source: AccountId, target: AccountId) -> Result<Option<RequestRow>> {
    let request = sqlx::query_as!(
        RequestRow,
        r#"
        SELECT id, show_reblogs, notify, languages AS "languages: Vec<String>", uri
        FROM follow_requests WHERE account_id = $1 AND target_account_id = $2 FOR UPDATE
        "#,
        source,
        target
    )
    .fetch_optional(conn)
    .await?;
    Ok(request)
}

async fn delete(conn: &mut PgConnection, request: &RequestRow) -> Result<()> {
    sqlx::query!("DELETE FROM follow_requests WHERE id = $1", request.id).execute(&mut *conn).await?;
    forget_notification(conn, "FollowRequest", request.id).await
}

/// Answers the id of the follow, unless there was one already. The caller counts.
async fn turn_into_follow(
    conn: &mut PgConnection,
    source: &PartyRow,
    target: &PartyRow,
    request: &RequestRow,
) -> Result<Option<i64>> {
    let made = sqlx::query_scalar!(
        r#"
        INSERT INTO follows (account_id, target_account_id, show_reblogs, notify, languages, uri, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING RETURNING id
        "#,
        source.id,
        target.id,
        request.show_reblogs,
        request.notify,
        request.languages.as_deref(),
        request.uri
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(follow_id) = made {
        sqlx::query!(
            "UPDATE list_accounts SET follow_request_id = NULL, follow_id = $2 WHERE follow_request_id = $1",
            request.id,
            follow_id
        )
        .execute(&mut *conn)
        .await?;
    }
    delete(conn, request).await?;
    if made.is_some() && source.is_local() {
        let lists = feeds::lists_with(conn, source.id, target.id).await?;
        feeds::merge(conn, target.id, source.id, &lists).await?;
    }
    Ok(made)
}
