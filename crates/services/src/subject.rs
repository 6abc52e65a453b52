//! The status that somebody acts on: found, seen, and with what is needed to tell its author.

use db::statuses::Visibility;
use db::uri::Uris;
use db::{AccountId, ConversationId, StatusId};
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::visibility::is_visible;

/// A status that the actor may see. Of a boost, the boosted one.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) id: StatusId,
    pub(crate) account_id: AccountId,
    pub(crate) visibility: Visibility,
    pub(crate) author: Author,
    /// The actor blocks the author.
    pub(crate) blocking: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Author {
    Local,
    /// Where the author's server takes what concerns the status, and what it calls the status.
    Remote {
        inbox: String,
        status_uri: String,
    },
}

/// What the client named itself, boost or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(crate) account_id: AccountId,
    pub(crate) visibility: Visibility,
    pub(crate) is_boost: bool,
    pub(crate) conversation_id: Option<ConversationId>,
}

/// # Errors
/// [`Error::NotFoundPlain`] if it is not there or not for the actor's eyes.
pub(crate) async fn find(conn: &mut PgConnection, actor: AccountId, id: StatusId) -> Result<Subject> {
    if !is_visible(conn, Some(actor), id).await? {
        return Err(Error::NotFoundPlain);
    }
    let row = sqlx::query!(
        r#"
        SELECT p.id, p.account_id, p.visibility, p.uri, a.domain, a.inbox_url,
          EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = $2 AND b.target_account_id = p.account_id) AS "blocking!"
        FROM statuses s
        JOIN statuses p ON p.id = COALESCE(s.reblog_of_id, s.id) AND p.deleted_at IS NULL
        JOIN accounts a ON a.id = p.account_id
        WHERE s.id = $1
        "#,
        id,
        actor
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFoundPlain)?;
    let author = match row.domain {
        None => Author::Local,
        Some(_) => Author::Remote { inbox: row.inbox_url, status_uri: row.uri.unwrap_or_default() },
    };
    let visibility = Visibility::from_column(row.visibility);
    Ok(Subject { id: row.id, account_id: row.account_id, visibility, author, blocking: row.blocking })
}

/// # Errors
/// As [`find`].
pub(crate) async fn named(conn: &mut PgConnection, actor: AccountId, id: StatusId) -> Result<Named> {
    if !is_visible(conn, Some(actor), id).await? {
        return Err(Error::NotFoundPlain);
    }
    let row = sqlx::query!("SELECT account_id, visibility, reblog_of_id, conversation_id FROM statuses WHERE id = $1", id)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFoundPlain)?;
    Ok(Named {
        account_id: row.account_id,
        visibility: Visibility::from_column(row.visibility),
        is_boost: row.reblog_of_id.is_some(),
        conversation_id: row.conversation_id,
    })
}

/// The `id` of a local account's actor document.
///
/// # Errors
/// [`Error::NotFound`] without such an account.
pub(crate) async fn actor_uri(conn: &mut PgConnection, uris: &Uris, id: AccountId) -> Result<String> {
    let row = sqlx::query!("SELECT username, id_scheme FROM accounts WHERE id = $1", id)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(uris.account(id, &row.username, row.id_scheme))
}

/// The text of a document as it is delivered.
///
/// # Errors
/// None in practice.
pub(crate) fn document(rendered: activitypub::render::Rendered) -> Result<String> {
    serde_json::to_string(&rendered.into_document()).map_err(|error| Error::Other(error.into()))
}
