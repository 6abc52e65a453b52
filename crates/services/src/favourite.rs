//! Favouriting a status, and taking it back.

use activitypub::render::activity;
use db::counters::{StatusDelta, add_to_statuses};
use db::uri::Uris;
use db::{AccountId, StatusId};
use jobs::DeliveryOptions;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::notify::{self, Event};
use crate::subject::{self, Author, Subject};

/// Favourites the status, or what it boosts. True if that was new.
///
/// # Errors
/// [`Error::NotFoundPlain`] if it is not for the account's eyes, [`Error::Forbidden`] if the account blocks the author.
pub async fn favourite(conn: &mut PgConnection, uris: &Uris, account: AccountId, id: StatusId) -> Result<bool> {
    let subject = subject::find(conn, account, id).await?;
    if subject.blocking {
        return Err(Error::Forbidden);
    }
    let made = sqlx::query_scalar!(
        r#"
        INSERT INTO favourites (account_id, status_id, created_at, updated_at)
        SELECT $1, s.id, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM statuses s WHERE s.id = $2 AND s.deleted_at IS NULL
        ON CONFLICT DO NOTHING
        RETURNING id
        "#,
        account,
        subject.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(favourite) = made else { return Ok(false) };
    match &subject.author {
        Author::Local => {
            notify::notify(conn, &Event::favourite(subject.account_id, account, favourite)).await?;
        }
        Author::Remote { inbox, status_uri } => {
            let actor = subject::actor_uri(conn, uris, account).await?;
            let like = subject::document(activity::like(favourite, &actor, status_uri))?;
            send(conn, account, &like, inbox, &subject).await?;
        }
    }
    add_to_statuses(conn, &[StatusDelta { status_id: subject.id, favourites: 1, ..StatusDelta::default() }]).await?;
    Ok(true)
}

/// Takes the favourite of exactly this status back; a status that is not among the favourites is only looked at.
///
/// # Errors
/// [`Error::NotFoundPlain`] for a status that is neither a favourite nor for the account's eyes.
pub async fn unfavourite(conn: &mut PgConnection, uris: &Uris, account: AccountId, id: StatusId) -> Result<()> {
    let gone = sqlx::query_scalar!("DELETE FROM favourites WHERE account_id = $1 AND status_id = $2 RETURNING id", account, id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(favourite) = gone else {
        subject::named(conn, account, id).await?;
        return Ok(());
    };
    sqlx::query!("DELETE FROM notifications WHERE activity_type = 'Favourite' AND activity_id = $1", favourite)
        .execute(&mut *conn)
        .await?;
    let author = sqlx::query!(
        r#"
        SELECT s.uri, a.inbox_url FROM statuses s JOIN accounts a ON a.id = s.account_id
        WHERE s.id = $1 AND a.domain IS NOT NULL
        "#,
        id
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(author) = author {
        let actor = subject::actor_uri(conn, uris, account).await?;
        let undo = activity::undo_like(favourite, &actor, author.uri.as_deref().unwrap_or_default());
        let undo = subject::document(undo)?;
        let options = DeliveryOptions { object: Some(id), ..DeliveryOptions::default() };
        jobs::deliver_to(conn, account, undo.as_bytes(), &[author.inbox_url], options).await?;
    }
    add_to_statuses(conn, &[StatusDelta { status_id: id, favourites: -1, ..StatusDelta::default() }]).await?;
    Ok(())
}

async fn send(conn: &mut PgConnection, account: AccountId, document: &str, inbox: &str, subject: &Subject) -> Result<()> {
    let options = DeliveryOptions { object: Some(subject.id), ..DeliveryOptions::default() };
    jobs::deliver_to(conn, account, document.as_bytes(), &[inbox.to_owned()], options).await?;
    Ok(())
}
