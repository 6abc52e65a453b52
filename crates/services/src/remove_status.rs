//! Deleting a status. At once it is hidden and counted off; the worker takes it out of feeds and streams, tells other servers
//! and removes the rows.

use db::counters::{AccountDelta, StatusDelta, add_to_accounts, add_to_statuses};
use db::statuses::Visibility;
use db::{AccountId, StatusId};
use jobs::feed::RemoveStatus;
use sqlx::PgConnection;

use crate::draft::hashtags;
use crate::error::Result;

struct DiscardedRow {
    id: StatusId,
    account_id: AccountId,
    visibility: i32,
    reblog_of_id: Option<StatusId>,
    in_reply_to_id: Option<StatusId>,
}

/// How the rest is removed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Removal {
    /// The media stay, for the draft that the client makes of it.
    pub redraft: bool,
}

/// Hides the status and all boosts of it. Doing it again changes nothing.
///
/// # Errors
/// The database fails.
pub async fn remove_status(conn: &mut PgConnection, id: StatusId, removal: Removal) -> Result<()> {
    let discarded = discard(conn, id).await?;
    if discarded.is_empty() {
        return Ok(());
    }
    sqlx::query!("DELETE FROM status_pins WHERE status_id = $1", id).execute(&mut *conn).await?;
    let tags = sqlx::query_scalar!("SELECT tag_id FROM statuses_tags WHERE status_id = $1", id).fetch_all(&mut *conn).await?;
    let distributable = |row: &&DiscardedRow| Visibility::from_column(row.visibility).is_distributable();
    if let Some(status) = discarded.iter().find(|row| row.id == id).filter(distributable) {
        hashtags::uncount_featured(conn, status.account_id, &tags, id).await?;
    }
    if removal.redraft {
        free_media(conn, id).await?;
    }
    jobs::enqueue(conn, &RemoveStatus { status_id: id, redraft: removal.redraft, skip_streaming: false }).await?;
    uncount(conn, id, &discarded).await
}

/// At once, for the client posts its new draft before the worker comes to this. What was reported keeps its evidence.
async fn free_media(conn: &mut PgConnection, id: StatusId) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE media_attachments SET status_id = NULL, updated_at = now() AT TIME ZONE 'utc'
        WHERE status_id = $1 AND NOT EXISTS (
            SELECT 1 FROM statuses s
            WHERE s.id = $1 AND (
                EXISTS (SELECT 1 FROM reports r WHERE r.target_account_id = s.account_id AND r.action_taken_at IS NULL
                    AND $1 = ANY (r.status_ids))
                OR EXISTS (SELECT 1 FROM account_warnings w WHERE w.target_account_id = s.account_id
                    AND $1::bigint::text = ANY (w.status_ids))))
        "#,
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn discard(conn: &mut PgConnection, id: StatusId) -> Result<Vec<DiscardedRow>> {
    let rows = sqlx::query_as!(
        DiscardedRow,
        r#"
        UPDATE statuses SET deleted_at = now() AT TIME ZONE 'utc'
        WHERE (id = $1 OR reblog_of_id = $1) AND deleted_at IS NULL
        RETURNING id, account_id, visibility, reblog_of_id, in_reply_to_id
        "#,
        id
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

async fn uncount(conn: &mut PgConnection, id: StatusId, discarded: &[DiscardedRow]) -> Result<()> {
    let accounts: Vec<AccountDelta> = discarded
        .iter()
        .filter(|row| Visibility::from_column(row.visibility) != Visibility::Direct)
        .map(|row| AccountDelta { account_id: row.account_id, statuses: -1, ..AccountDelta::default() })
        .collect();
    add_to_accounts(conn, &accounts).await?;
    let mut statuses: Vec<StatusDelta> = Vec::new();
    for row in discarded.iter().filter(|row| row.id == id) {
        if let Some(parent) = row.in_reply_to_id.filter(|_| Visibility::from_column(row.visibility).is_distributable()) {
            statuses.push(StatusDelta { status_id: parent, replies: -1, ..StatusDelta::default() });
        }
        if let Some(original) = row.reblog_of_id {
            statuses.push(StatusDelta { status_id: original, reblogs: -1, ..StatusDelta::default() });
        }
    }
    let quoted = sqlx::query_scalar!("SELECT quoted_status_id FROM quotes WHERE status_id = $1 AND state = 1", id)
        .fetch_optional(&mut *conn)
        .await?
        .flatten();
    if let Some(quoted) = quoted {
        statuses.push(StatusDelta { status_id: quoted, quotes: -1, ..StatusDelta::default() });
    }
    statuses.sort_by_key(|delta| delta.status_id);
    add_to_statuses(conn, &statuses).await?;
    Ok(())
}

/// What anybody was told of these statuses and of all that hangs on them.
///
/// # Errors
/// The database fails.
pub async fn delete_notifications(conn: &mut PgConnection, ids: &[StatusId]) -> Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM notifications n USING (
            SELECT 'Status' AS kind, id FROM unnest($1::bigint[]) AS s (id)
            UNION ALL SELECT 'Mention', id FROM mentions WHERE status_id = ANY($1)
            UNION ALL SELECT 'Favourite', id FROM favourites WHERE status_id = ANY($1)
            UNION ALL SELECT 'Poll', id FROM polls WHERE status_id = ANY($1)
            UNION ALL SELECT 'Quote', id FROM quotes WHERE status_id = ANY($1)
        ) about
        WHERE n.activity_type = about.kind AND n.activity_id = about.id
        "#,
        ids
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes these statuses out of threads of direct messages; empty threads go.
///
/// # Errors
/// The database fails.
pub async fn leave_conversations(conn: &mut PgConnection, ids: &[StatusId]) -> Result<()> {
    sqlx::query!(
        r#"
        WITH changed AS (
            SELECT c.id, ARRAY(SELECT x.id FROM unnest(c.status_ids) AS x (id) WHERE x.id <> ALL ($1) ORDER BY x.id) AS left_over
            FROM account_conversations c
            WHERE c.conversation_id IN (SELECT s.conversation_id FROM statuses s WHERE s.id = ANY($1)) AND c.status_ids && $1
        ), emptied AS (
            DELETE FROM account_conversations c USING changed WHERE c.id = changed.id AND cardinality(changed.left_over) = 0
        )
        UPDATE account_conversations c
        SET status_ids = changed.left_over, lock_version = c.lock_version + 1,
          last_status_id = (SELECT max(x.id) FROM unnest(changed.left_over) AS x (id))
        FROM changed WHERE c.id = changed.id AND cardinality(changed.left_over) > 0
        "#,
        ids
    )
    .execute(conn)
    .await?;
    Ok(())
}
