//! Taking away an account with all that belongs to it, piece by piece: each function does one piece, may be
//! called again, and says whether something is left. The order is that of the functions; the row goes last.

mod rest;

use db::counters::{AccountDelta, StatusDelta, add_to_accounts, add_to_statuses};
use db::statuses::Visibility;
use db::{AccountId, MediaAttachmentId, PgConnection, StatusId};

pub use self::rest::{empty, remove_references, remove_row};
use self::rest::{remove_media, remove_possessions};
use crate::error::Result;
use crate::{remove_status, upload_media};

/// Rows that one piece takes at most.
const PIECE: i64 = 500;
/// Statuses have much that hangs on them.
const STATUSES: i64 = 100;

/// Nobody sees the account from here on, and nothing more is taken from it. The wish that it be deleted is taken up: the
/// timetable must not begin once more while a long deletion runs. Whether it is one of ours; `None`: there is no such account.
///
/// # Errors
/// The database fails.
pub async fn hide(conn: &mut PgConnection, account: AccountId) -> Result<Option<bool>> {
    let local = sqlx::query_scalar!(
        r#"
        UPDATE accounts SET suspended_at = COALESCE(suspended_at, now() AT TIME ZONE 'utc'),
          suspension_origin = COALESCE(suspension_origin, CASE WHEN domain IS NULL THEN 0 ELSE 1 END)
        WHERE id = $1
        RETURNING domain IS NULL AS "local!"
        "#,
        account
    )
    .fetch_optional(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM account_deletion_requests WHERE account_id = $1", account).execute(conn).await?;
    Ok(local)
}

/// The next statuses to remove: boosts of the account's first, since one may have any number of them. `keep_reported`: those that an
/// open report names stay for the moderators.
///
/// # Errors
/// The database fails.
pub async fn next_statuses(conn: &mut PgConnection, account: AccountId, keep_reported: bool) -> Result<Vec<StatusId>> {
    let doomed = sqlx::query_scalar!(
        r#"
        WITH reported AS MATERIALIZED (
          SELECT unnest(status_ids) AS id FROM reports WHERE $4 AND target_account_id = $1 AND action_taken_at IS NULL),
        own AS MATERIALIZED (
          SELECT s.id FROM statuses s WHERE s.account_id = $1 AND NOT EXISTS (SELECT FROM reported r WHERE r.id = s.id)
          ORDER BY s.id LIMIT $2),
        boosts AS MATERIALIZED (SELECT s.id FROM statuses s WHERE s.reblog_of_id IN (SELECT id FROM own) LIMIT $3)
        SELECT id AS "id!" FROM boosts UNION ALL SELECT id FROM own WHERE NOT EXISTS (SELECT FROM boosts)
        "#,
        account,
        STATUSES,
        PIECE,
        keep_reported
    )
    .fetch_all(conn)
    .await?;
    Ok(doomed)
}

/// Takes the next piece of whatever is there but for the row and the user. `keep_reported`: posts that an open report names stay. False:
/// nothing was left.
///
/// # Errors
/// The database fails.
pub async fn remove_next(conn: &mut PgConnection, account: AccountId, keep_reported: bool) -> Result<bool> {
    let doomed = next_statuses(conn, account, keep_reported).await?;
    if !doomed.is_empty() {
        remove_statuses(conn, &doomed).await?;
        return Ok(true);
    }
    Ok(remove_media(conn, account, keep_reported).await?
        || remove_follows(conn, account).await?
        || remove_favourites(conn, account).await?
        || remove_notifications(conn, account).await?
        || remove_possessions(conn, account).await?)
}

/// Removes them, what hangs on them, and what others are told of them; counts them off elsewhere.
///
/// # Errors
/// The database fails.
pub async fn remove_statuses(conn: &mut PgConnection, ids: &[StatusId]) -> Result<()> {
    remove_and_count(conn, ids, true).await
}

/// The same for copies that are only too old: authors on other servers have posted what they have posted.
///
/// # Errors
/// The database fails.
pub async fn forget_statuses(conn: &mut PgConnection, ids: &[StatusId]) -> Result<()> {
    remove_and_count(conn, ids, false).await
}

async fn remove_and_count(conn: &mut PgConnection, ids: &[StatusId], count_remote_authors: bool) -> Result<()> {
    remove_status::delete_notifications(conn, ids).await?;
    remove_status::leave_conversations(conn, ids).await?;
    let media: Vec<MediaAttachmentId> =
        sqlx::query_scalar!("SELECT id FROM media_attachments WHERE status_id = ANY($1)", ids).fetch_all(&mut *conn).await?;
    upload_media::delete_with_files(conn, &media).await?;
    let quoted = sqlx::query_scalar!(
        r#"SELECT quoted_status_id AS "id!" FROM quotes WHERE status_id = ANY($1) AND state = 1 AND quoted_status_id IS NOT NULL"#,
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM status_pins WHERE status_id = ANY($1)", ids).execute(&mut *conn).await?;
    let gone = sqlx::query!(
        r#"
        DELETE FROM statuses s USING accounts a WHERE s.id = ANY($1) AND a.id = s.account_id
        RETURNING s.id, s.account_id, s.visibility, s.reblog_of_id, s.in_reply_to_id, s.deleted_at, a.domain IS NULL AS "local!"
        "#,
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    // What waited for its removal was counted off before.
    let counted = || gone.iter().filter(|row| row.deleted_at.is_none());
    let accounts: Vec<AccountDelta> = counted()
        .filter(|row| Visibility::from_column(row.visibility) != Visibility::Direct && (row.local || count_remote_authors))
        .map(|row| AccountDelta { account_id: row.account_id, statuses: -1, ..AccountDelta::default() })
        .collect();
    let mut statuses: Vec<StatusDelta> =
        quoted.into_iter().map(|id| StatusDelta { status_id: id, quotes: -1, ..StatusDelta::default() }).collect();
    for row in counted() {
        if let Some(parent) = row.in_reply_to_id.filter(|_| Visibility::from_column(row.visibility).is_distributable()) {
            statuses.push(StatusDelta { status_id: parent, replies: -1, ..StatusDelta::default() });
        }
        if let Some(original) = row.reblog_of_id {
            statuses.push(StatusDelta { status_id: original, reblogs: -1, ..StatusDelta::default() });
        }
    }
    add_to_accounts(conn, &accounts).await?;
    add_to_statuses(conn, &statuses).await?;
    Ok(())
}

/// Follows in both directions, counted off at the other end. True: there may be more.
async fn remove_follows(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let gone = sqlx::query!(
        r#"
        DELETE FROM follows WHERE id IN (
            (SELECT id FROM follows WHERE account_id = $1 LIMIT $2)
            UNION ALL (SELECT id FROM follows WHERE target_account_id = $1 LIMIT $2))
        RETURNING id, account_id, target_account_id
        "#,
        account,
        PIECE
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<i64> = gone.iter().map(|row| row.id).collect();
    sqlx::query!("DELETE FROM notifications WHERE activity_type = 'Follow' AND activity_id = ANY($1)", &ids)
        .execute(&mut *conn)
        .await?;
    let mut deltas = Vec::new();
    for row in &gone {
        deltas.push(AccountDelta { account_id: row.account_id, following: -1, ..AccountDelta::default() });
        deltas.push(AccountDelta { account_id: row.target_account_id, followers: -1, ..AccountDelta::default() });
    }
    add_to_accounts(conn, &deltas).await?;
    Ok(!gone.is_empty())
}

/// Its favourites, counted off, with what was told of them. True: there may be more.
async fn remove_favourites(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let gone = sqlx::query!(
        r#"
        WITH gone AS (
            DELETE FROM favourites WHERE id IN (SELECT id FROM favourites WHERE account_id = $1 LIMIT $2) RETURNING id, status_id
        ), untold AS (
            DELETE FROM notifications n USING gone WHERE n.activity_type = 'Favourite' AND n.activity_id = gone.id
        )
        SELECT status_id FROM gone
        "#,
        account,
        PIECE
    )
    .fetch_all(&mut *conn)
    .await?;
    let deltas: Vec<StatusDelta> =
        gone.iter().map(|row| StatusDelta { status_id: row.status_id, favourites: -1, ..StatusDelta::default() }).collect();
    add_to_statuses(conn, &deltas).await?;
    Ok(!gone.is_empty())
}

/// What anybody was told of its doings. True: there may be more.
async fn remove_notifications(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let gone = sqlx::query!(
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE from_account_id = $1 LIMIT $2)",
        account,
        PIECE
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected() > 0)
}
