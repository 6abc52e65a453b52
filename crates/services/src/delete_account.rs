//! Taking away an account with all that belongs to it, piece by piece: each function does one piece, may be
//! called again, and says whether something is left. The order is that of the functions; the row goes last.

use db::counters::{AccountDelta, StatusDelta, add_to_accounts, add_to_statuses};
use db::statuses::Visibility;
use db::{AccountId, MediaAttachmentId, PgConnection, StatusId};
use jobs::media::DeleteFiles;
use media::paths::{self, Attachment};

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

/// The next statuses to remove: boosts of the account's first, since one may have any number of them.
///
/// # Errors
/// The database fails.
pub async fn next_statuses(conn: &mut PgConnection, account: AccountId) -> Result<Vec<StatusId>> {
    let doomed = sqlx::query_scalar!(
        r#"
        WITH own AS MATERIALIZED (SELECT id FROM statuses WHERE account_id = $1 ORDER BY id LIMIT $2),
        boosts AS MATERIALIZED (SELECT s.id FROM statuses s WHERE s.reblog_of_id IN (SELECT id FROM own) LIMIT $3)
        SELECT id AS "id!" FROM boosts UNION ALL SELECT id FROM own WHERE NOT EXISTS (SELECT FROM boosts)
        "#,
        account,
        STATUSES,
        PIECE
    )
    .fetch_all(conn)
    .await?;
    Ok(doomed)
}

/// Removes them, what hangs on them, and what others are told of them; counts them off elsewhere.
///
/// # Errors
/// The database fails.
pub async fn remove_statuses(conn: &mut PgConnection, ids: &[StatusId]) -> Result<()> {
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
        "DELETE FROM statuses WHERE id = ANY($1) RETURNING id, account_id, visibility, reblog_of_id, in_reply_to_id, deleted_at",
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    // What waited for its removal was counted off before.
    let counted = || gone.iter().filter(|row| row.deleted_at.is_none());
    let accounts: Vec<AccountDelta> = counted()
        .filter(|row| Visibility::from_column(row.visibility) != Visibility::Direct)
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
///
/// # Errors
/// The database fails.
pub async fn remove_follows(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let gone = sqlx::query!(
        r#"
        DELETE FROM follows WHERE id IN (
            (SELECT id FROM follows WHERE account_id = $1 LIMIT $2)
            UNION ALL (SELECT id FROM follows WHERE target_account_id = $1 LIMIT $2))
        RETURNING account_id, target_account_id
        "#,
        account,
        PIECE
    )
    .fetch_all(&mut *conn)
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
///
/// # Errors
/// The database fails.
pub async fn remove_favourites(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
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
///
/// # Errors
/// The database fails.
pub async fn remove_notifications(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let gone = sqlx::query!(
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE from_account_id = $1 LIMIT $2)",
        account,
        PIECE
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Leaves the bare row, so that nobody takes the name and a suspension lasts, and a user who cannot sign in, so that nobody takes the
/// address (unless `free_address`). The key stays too: it signs what is still on its way.
///
/// # Errors
/// The database fails.
pub async fn empty(conn: &mut PgConnection, account: AccountId, free_address: bool) -> Result<()> {
    remove_unposted(conn, account).await?;
    // What the account made or collected, and what others have in mind of it. Rows that only cascade are not named.
    sqlx::query!("DELETE FROM account_conversations WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM account_domain_blocks WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM account_notes WHERE account_id = $1 OR target_account_id = $1", account)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM account_pins WHERE account_id = $1 OR target_account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM account_aliases WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM account_migrations WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM blocks WHERE account_id = $1 OR target_account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM mutes WHERE account_id = $1 OR target_account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM follow_requests WHERE account_id = $1 OR target_account_id = $1", account)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM bookmarks WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM conversation_mutes WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM custom_filters WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM featured_tags WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM lists WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM list_accounts WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM notifications WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM notification_requests WHERE account_id = $1 OR from_account_id = $1", account)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM notification_permissions WHERE account_id = $1 OR from_account_id = $1", account)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM scheduled_statuses WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM tag_follows WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!(
        "DELETE FROM oauth_access_tokens WHERE resource_owner_id IN (SELECT id FROM users WHERE account_id = $1)",
        account
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM session_activations WHERE user_id IN (SELECT id FROM users WHERE account_id = $1)", account)
        .execute(&mut *conn)
        .await?;
    if free_address {
        sqlx::query!("DELETE FROM users WHERE account_id = $1", account).execute(&mut *conn).await?;
    } else {
        sqlx::query!("UPDATE users SET disabled = true, updated_at = now() AT TIME ZONE 'utc' WHERE account_id = $1", account)
            .execute(&mut *conn)
            .await?;
    }
    remove_pictures(conn, account).await?;
    sqlx::query!(
        r#"
        UPDATE accounts SET display_name = '', note = '', fields = '[]', locked = false, memorial = false, discoverable = false,
          trendable = false, also_known_as = '{}', silenced_at = NULL, moved_to_account_id = NULL, reviewed_at = NULL,
          requested_review_at = NULL, avatar_file_name = NULL, avatar_content_type = NULL, avatar_file_size = NULL,
          avatar_updated_at = NULL, header_file_name = NULL, header_content_type = NULL, header_file_size = NULL,
          header_updated_at = NULL, updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        account
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE account_stats SET statuses_count = 0, following_count = 0, followers_count = 0 WHERE account_id = $1",
        account
    )
    .execute(&mut *conn)
    .await?;
    Ok(())
}

async fn remove_unposted(conn: &mut PgConnection, account: AccountId) -> Result<()> {
    let unposted: Vec<MediaAttachmentId> =
        sqlx::query_scalar!("SELECT id FROM media_attachments WHERE account_id = $1", account).fetch_all(&mut *conn).await?;
    upload_media::delete_with_files(conn, &unposted).await
}

async fn remove_pictures(conn: &mut PgConnection, account: AccountId) -> Result<()> {
    let row = sqlx::query!(
        r#"SELECT avatar_file_name, avatar_storage_schema_version, header_file_name, header_storage_schema_version,
             domain IS NOT NULL AS "remote!"
           FROM accounts WHERE id = $1"#,
        account
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let mut keys = Vec::new();
    for (kind, name, version) in [
        (Attachment::Avatar, row.avatar_file_name, row.avatar_storage_schema_version),
        (Attachment::Header, row.header_file_name, row.header_storage_schema_version),
    ] {
        let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
        let cached = paths::cached(version, row.remote);
        keys.extend(kind.styles().iter().map(|style| paths::attachment(kind, account, style, &name, cached)));
    }
    if !keys.is_empty() {
        jobs::enqueue(conn, &DeleteFiles { keys }).await?;
    }
    Ok(())
}

/// The row, its pictures, and by the foreign keys what is left: blocks, mutes, places in lists, votes, reports.
///
/// # Errors
/// The database fails.
pub async fn remove_row(conn: &mut PgConnection, account: AccountId) -> Result<()> {
    remove_unposted(conn, account).await?;
    remove_pictures(conn, account).await?;
    sqlx::query!("DELETE FROM accounts_tags WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM collection_items WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM collections WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM generated_annual_reports WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!(
        "DELETE FROM fasp_follow_recommendations WHERE requesting_account_id = $1 OR recommended_account_id = $1",
        account
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM accounts WHERE id = $1", account).execute(&mut *conn).await?;
    Ok(())
}
