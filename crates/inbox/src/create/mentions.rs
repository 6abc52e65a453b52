//! Who is named in a post of another server.

use activitypub::document::{Note, Tag};
use activitypub::resolve_account::ResolveError;
use db::uri::INSTANCE_ACTOR;
use db::{AccountId, PgConnection, StatusId};
use jobs::account::ResolveMention;
use jobs::feed::Distribute;

use crate::Inbox;
use crate::error::Result;

/// So many unknown people in one post are made up.
const MOST: usize = 400;

#[derive(Debug, Default)]
pub(crate) struct Mentions {
    /// In the order in which the post names them.
    pub(crate) accounts: Vec<AccountId>,
    /// Addresses that could not be asked just now.
    pub(crate) unresolved: Vec<String>,
}

pub(crate) async fn resolve(inbox: &Inbox<'_>, note: Note<'_>) -> Result<Mentions> {
    let mut mentions = Mentions::default();
    let mut seen: Vec<&str> = Vec::new();
    for tag in note.tags() {
        let Tag::Mention { href } = tag else { continue };
        if seen.contains(&href) || seen.len() >= MOST {
            continue;
        }
        seen.push(href);
        match inbox.resolver.account_by_uri(href).await {
            Ok(INSTANCE_ACTOR) => {}
            Ok(id) if mentions.accounts.contains(&id) => {}
            Ok(id) => mentions.accounts.push(id),
            Err(error @ (ResolveError::Db(_) | ResolveError::Jobs(_))) => return Err(error.into()),
            Err(error) if error.is_temporary() => mentions.unresolved.push(href.to_owned()),
            Err(_) => {}
        }
    }
    Ok(mentions)
}

/// Rows for those who are named and, silently, for those who are only addressed.
pub(crate) async fn store(
    conn: &mut PgConnection,
    status_id: StatusId,
    named: &[AccountId],
    addressed: &[AccountId],
) -> Result<(), sqlx::Error> {
    let silent: Vec<AccountId> = addressed.iter().copied().filter(|id| !named.contains(id)).collect();
    sqlx::query!(
        r#"
        INSERT INTO mentions (status_id, account_id, silent, created_at, updated_at)
        SELECT $1, m.id, m.silent, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM (
          SELECT id, false AS silent, position FROM unnest($2::bigint[]) WITH ORDINALITY AS n (id, position)
          UNION ALL
          SELECT id, true, position FROM unnest($3::bigint[]) WITH ORDINALITY AS s (id, position)
        ) m
        ORDER BY m.silent, m.position
        ON CONFLICT (account_id, status_id) DO NOTHING
        "#,
        status_id,
        named,
        &silent
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Names somebody who could not be asked for when the post came.
///
/// # Errors
/// Those after which it is worth trying again.
pub async fn resolve_mention(inbox: &Inbox<'_>, job: &ResolveMention) -> Result<()> {
    let account = match inbox.resolver.account_by_uri(&job.uri).await {
        Ok(account) => account,
        Err(error) if error.is_temporary() => return Err(error.into()),
        Err(_) => return Ok(()),
    };
    let mut tx = inbox.db.begin().await?;
    let named = sqlx::query_scalar!(
        r#"
        INSERT INTO mentions (status_id, account_id, silent, created_at, updated_at)
        SELECT s.id, $2, false, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM statuses s WHERE s.id = $1 AND s.deleted_at IS NULL
        ON CONFLICT (account_id, status_id) DO UPDATE SET silent = false WHERE mentions.silent
        RETURNING id
        "#,
        job.status_id,
        account
    )
    .fetch_optional(&mut *tx)
    .await?;
    if named.is_some() {
        jobs::enqueue(&mut tx, &Distribute { status_id: job.status_id, skip_notifications: false }).await?;
    }
    tx.commit().await?;
    Ok(())
}
