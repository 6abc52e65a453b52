//! What is left once posts, follows and favourites are gone: possessions, relations, pictures, and at last the row.

use db::{AccountId, MediaAttachmentId, PgConnection};
use jobs::media::DeleteFiles;
use media::paths::{self, Attachment};

use super::PIECE;
use crate::error::Result;
use crate::upload_media;

/// Files of one piece.
const FILES: i64 = 100;

/// A piece of a table's rows whose column names the account.
macro_rules! remove {
    ($conn:expr, $account:expr, $table:literal $column:literal) => {
        sqlx::query!(
            "DELETE FROM " + $table + " WHERE id IN (SELECT id FROM " + $table + " WHERE " + $column + " = $1 LIMIT $2)",
            $account,
            PIECE
        )
        .execute(&mut *$conn)
        .await?
        .rows_affected()
    };
}

/// Media, but with `keep_reported` for those of posts that an open report names. True: there may be more.
pub(super) async fn remove_media(conn: &mut PgConnection, account: AccountId, keep_reported: bool) -> Result<bool> {
    let media: Vec<MediaAttachmentId> = sqlx::query_scalar!(
        "SELECT m.id FROM media_attachments m WHERE m.account_id = $1 AND NOT EXISTS (
           SELECT FROM reports r
           WHERE $3 AND r.target_account_id = $1 AND r.action_taken_at IS NULL AND m.status_id = ANY (r.status_ids))
         LIMIT $2",
        account,
        FILES,
        keep_reported
    )
    .fetch_all(&mut *conn)
    .await?;
    upload_media::delete_with_files(conn, &media).await?;
    Ok(!media.is_empty())
}

/// What the account made or collected, and how others stand to it. True: there may be more.
pub(super) async fn remove_possessions(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let mut gone = remove!(conn, account, "notifications" "account_id");
    gone += remove!(conn, account, "account_conversations" "account_id");
    gone += remove!(conn, account, "bookmarks" "account_id");
    gone += remove!(conn, account, "blocks" "account_id");
    gone += remove!(conn, account, "blocks" "target_account_id");
    gone += remove!(conn, account, "mutes" "account_id");
    gone += remove!(conn, account, "mutes" "target_account_id");
    gone += remove!(conn, account, "follow_requests" "account_id");
    gone += remove!(conn, account, "follow_requests" "target_account_id");
    gone += remove!(conn, account, "account_notes" "account_id");
    gone += remove!(conn, account, "account_notes" "target_account_id");
    gone += remove!(conn, account, "account_pins" "account_id");
    gone += remove!(conn, account, "account_pins" "target_account_id");
    gone += remove!(conn, account, "account_domain_blocks" "account_id");
    gone += remove!(conn, account, "account_aliases" "account_id");
    gone += remove!(conn, account, "account_migrations" "account_id");
    gone += remove!(conn, account, "conversation_mutes" "account_id");
    gone += remove!(conn, account, "custom_filters" "account_id");
    gone += remove!(conn, account, "featured_tags" "account_id");
    gone += remove!(conn, account, "lists" "account_id");
    gone += remove!(conn, account, "list_accounts" "account_id");
    gone += remove!(conn, account, "notification_requests" "account_id");
    gone += remove!(conn, account, "notification_requests" "from_account_id");
    gone += remove!(conn, account, "notification_permissions" "account_id");
    gone += remove!(conn, account, "notification_permissions" "from_account_id");
    gone += remove!(conn, account, "scheduled_statuses" "account_id");
    gone += remove!(conn, account, "tag_follows" "account_id");
    gone += remove!(conn, account, "account_statuses_cleanup_policies" "account_id");
    gone += sqlx::query!(
        "DELETE FROM mentions WHERE id IN (
           SELECT m.id FROM mentions m WHERE m.account_id = $1 AND NOT EXISTS (
             SELECT FROM reports r
             WHERE r.target_account_id = $1 AND r.action_taken_at IS NULL AND m.status_id = ANY (r.status_ids))
           LIMIT $2)",
        account,
        PIECE
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(gone > 0)
}

/// What else names the account, before its row goes; the foreign keys would do the same, but all at once. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn remove_references(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let mut gone = remove!(conn, account, "poll_votes" "account_id");
    gone += remove!(conn, account, "reports" "account_id");
    gone += remove!(conn, account, "reports" "target_account_id");
    gone += remove!(conn, account, "severed_relationships" "local_account_id");
    gone += remove!(conn, account, "severed_relationships" "remote_account_id");
    gone += remove!(conn, account, "tombstones" "account_id");
    gone += remove!(conn, account, "collection_items" "account_id");
    gone += remove!(conn, account, "collections" "account_id");
    gone += remove!(conn, account, "generated_annual_reports" "account_id");
    gone += remove!(conn, account, "fasp_follow_recommendations" "requesting_account_id");
    gone += remove!(conn, account, "fasp_follow_recommendations" "recommended_account_id");
    gone += sqlx::query!(
        "UPDATE statuses SET in_reply_to_account_id = NULL
         WHERE id IN (SELECT id FROM statuses WHERE in_reply_to_account_id = $1 LIMIT $2)",
        account,
        PIECE
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(gone > 0)
}

/// Leaves the bare row, so that nobody takes the name and a suspension lasts, and a user who cannot sign in, so that nobody takes the
/// address (unless `free_address`). The key stays too: it signs what is still on its way.
///
/// # Errors
/// The database fails.
pub async fn empty(conn: &mut PgConnection, account: AccountId, free_address: bool) -> Result<()> {
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
        sqlx::query!("DELETE FROM invites WHERE uses = 0 AND user_id IN (SELECT id FROM users WHERE account_id = $1)", account)
            .execute(&mut *conn)
            .await?;
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

/// The row and its pictures.
///
/// # Errors
/// The database fails.
pub async fn remove_row(conn: &mut PgConnection, account: AccountId) -> Result<()> {
    remove_pictures(conn, account).await?;
    sqlx::query!("DELETE FROM accounts_tags WHERE account_id = $1", account).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM accounts WHERE id = $1", account).execute(&mut *conn).await?;
    Ok(())
}
