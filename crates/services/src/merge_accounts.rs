//! Two rows that turned out to be one account of another server: what belongs to the one goes over to the other, piece by piece.
//! What the other has too (both follow somebody, both boosted a post) stays behind and goes with the row
//! ([`crate::delete_account`]), which counts it off.

use db::{AccountId, PgConnection};

use crate::error::Result;

/// Rows of one piece, from each table.
const PIECE: i64 = 500;

/// `from` goes, `into` stays.
#[derive(Debug, Clone, Copy)]
pub struct Merge {
    pub from: AccountId,
    pub into: AccountId,
}

/// Other rows with the URI of a remote account.
///
/// # Errors
/// The database fails.
pub async fn duplicates(conn: &mut PgConnection, account: AccountId) -> Result<Vec<AccountId>> {
    let ids = sqlx::query_scalar!(
        "SELECT d.id FROM accounts a JOIN accounts d ON d.uri = a.uri AND d.id <> a.id AND d.domain IS NOT NULL
         WHERE a.id = $1 AND a.domain IS NOT NULL AND a.uri <> '' ORDER BY d.id",
        account
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// Rows of a table whose column names the one account name the other from now on. `by`: but for those with a twin there, equal
/// in that column too. `with`: the same, and the column names an account: a relation of one of both to the other is none.
macro_rules! hand_over {
    ($conn:expr, $merge:expr, $table:literal $column:literal) => {
        hand_over!(@ $conn, $merge, "UPDATE " + $table + " SET " + $column + " = $2 WHERE id IN (
          SELECT x.id FROM " + $table + " x WHERE x." + $column + " = $1 LIMIT $3)")
    };
    ($conn:expr, $merge:expr, $table:literal $column:literal by $other:literal) => {
        hand_over!(@ $conn, $merge, "UPDATE " + $table + " SET " + $column + " = $2 WHERE id IN (
          SELECT x.id FROM " + $table + " x WHERE x." + $column + " = $1 AND NOT EXISTS (
            SELECT FROM " + $table + " y WHERE y." + $column + " = $2 AND y." + $other + " = x." + $other + ") LIMIT $3)")
    };
    ($conn:expr, $merge:expr, $table:literal $column:literal with $other:literal) => {
        hand_over!(@ $conn, $merge, "UPDATE " + $table + " SET " + $column + " = $2 WHERE id IN (
          SELECT x.id FROM " + $table + " x WHERE x." + $column + " = $1 AND x." + $other + " <> $2 AND NOT EXISTS (
            SELECT FROM " + $table + " y WHERE y." + $column + " = $2 AND y." + $other + " = x." + $other + ") LIMIT $3)")
    };
    (@ $conn:expr, $merge:expr, $($statement:tt)*) => {
        sqlx::query!($($statement)*, $merge.from, $merge.into, PIECE).execute(&mut *$conn).await?.rows_affected()
    };
}

/// Hands over a piece of everything. True: there may be more.
///
/// # Errors
/// The database fails.
pub async fn hand_over(conn: &mut PgConnection, merge: Merge) -> Result<bool> {
    // Before posts and mentions, which say where these are.
    let mut moved = conversations(conn, merge).await?;
    moved += posts(conn, merge).await?;
    moved += relations(conn, merge).await?;
    moved += records(conn, merge).await?;
    Ok(moved > 0)
}

async fn conversations(conn: &mut PgConnection, merge: Merge) -> Result<u64> {
    let moved = sqlx::query!(
        r#"
        UPDATE account_conversations c
        SET participant_account_ids =
          ARRAY(SELECT DISTINCT CASE p.id WHEN $1 THEN $2 ELSE p.id END AS id
            FROM unnest(c.participant_account_ids) AS p (id) ORDER BY id)
        WHERE c.id IN (
          SELECT x.id FROM account_conversations x
          WHERE $1 = ANY (x.participant_account_ids) AND x.conversation_id IN (
              SELECT s.conversation_id FROM statuses s WHERE s.account_id = $1
              UNION SELECT s.conversation_id FROM mentions m JOIN statuses s ON s.id = m.status_id WHERE m.account_id = $1)
            AND NOT EXISTS (
              SELECT FROM account_conversations y
              WHERE y.account_id = x.account_id AND y.conversation_id = x.conversation_id AND y.id <> x.id
                AND $2 = ANY (y.participant_account_ids))
          LIMIT $3)
        "#,
        merge.from,
        merge.into,
        PIECE
    )
    .execute(conn)
    .await?;
    Ok(moved.rows_affected())
}

async fn posts(conn: &mut PgConnection, merge: Merge) -> Result<u64> {
    let mut moved = 0;
    moved += hand_over!(conn, merge, "statuses" "account_id" by "reblog_of_id");
    moved += hand_over!(conn, merge, "statuses" "in_reply_to_account_id");
    moved += hand_over!(conn, merge, "status_edits" "account_id");
    moved += hand_over!(conn, merge, "status_pins" "account_id" by "status_id");
    moved += hand_over!(conn, merge, "status_trends" "account_id");
    moved += hand_over!(conn, merge, "conversations" "parent_account_id");
    moved += hand_over!(conn, merge, "media_attachments" "account_id");
    moved += hand_over!(conn, merge, "polls" "account_id");
    moved += hand_over!(conn, merge, "mentions" "account_id" by "status_id");
    moved += hand_over!(conn, merge, "favourites" "account_id" by "status_id");
    moved += hand_over!(conn, merge, "quotes" "account_id");
    moved += hand_over!(conn, merge, "quotes" "quoted_account_id");
    moved += hand_over!(conn, merge, "preview_cards" "author_account_id");
    moved += hand_over!(conn, merge, "preview_cards" "unverified_author_account_id");
    moved += hand_over!(conn, merge, "collections" "account_id");
    moved += hand_over!(conn, merge, "collection_items" "account_id" by "collection_id");
    moved += sqlx::query!(
        "UPDATE poll_votes SET account_id = $2 WHERE id IN (
           SELECT x.id FROM poll_votes x WHERE x.account_id = $1 AND NOT EXISTS (
             SELECT FROM poll_votes y WHERE y.account_id = $2 AND y.poll_id = x.poll_id AND y.choice = x.choice) LIMIT $3)",
        merge.from,
        merge.into,
        PIECE
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    Ok(moved)
}

async fn relations(conn: &mut PgConnection, merge: Merge) -> Result<u64> {
    let mut moved = 0;
    moved += hand_over!(conn, merge, "follows" "account_id" with "target_account_id");
    moved += hand_over!(conn, merge, "follows" "target_account_id" with "account_id");
    moved += hand_over!(conn, merge, "follow_requests" "account_id" with "target_account_id");
    moved += hand_over!(conn, merge, "follow_requests" "target_account_id" with "account_id");
    moved += hand_over!(conn, merge, "blocks" "account_id" with "target_account_id");
    moved += hand_over!(conn, merge, "blocks" "target_account_id" with "account_id");
    moved += hand_over!(conn, merge, "mutes" "account_id" with "target_account_id");
    moved += hand_over!(conn, merge, "mutes" "target_account_id" with "account_id");
    moved += hand_over!(conn, merge, "account_pins" "account_id" with "target_account_id");
    moved += hand_over!(conn, merge, "account_pins" "target_account_id" with "account_id");
    moved += hand_over!(conn, merge, "account_notes" "account_id" with "target_account_id");
    moved += hand_over!(conn, merge, "account_notes" "target_account_id" with "account_id");
    moved += hand_over!(conn, merge, "list_accounts" "account_id" by "list_id");
    // Else a place in a list would go with the follow that has a twin.
    sqlx::query!(
        "UPDATE list_accounts SET follow_id = twin.id FROM lists l, follows twin
         WHERE list_accounts.account_id = $2 AND l.id = list_accounts.list_id AND twin.account_id = l.account_id
           AND twin.target_account_id = $2
           AND list_accounts.follow_id IN (SELECT id FROM follows WHERE target_account_id = $1)",
        merge.from,
        merge.into
    )
    .execute(&mut *conn)
    .await?;
    moved += hand_over!(conn, merge, "notifications" "from_account_id");
    moved += hand_over!(conn, merge, "notification_permissions" "from_account_id");
    moved += hand_over!(conn, merge, "notification_requests" "from_account_id" by "account_id");
    moved += hand_over!(conn, merge, "tag_follows" "account_id" by "tag_id");
    Ok(moved)
}

/// What moderators know, and what names the account.
async fn records(conn: &mut PgConnection, merge: Merge) -> Result<u64> {
    let mut moved = 0;
    moved += hand_over!(conn, merge, "reports" "account_id");
    moved += hand_over!(conn, merge, "reports" "target_account_id");
    moved += hand_over!(conn, merge, "account_moderation_notes" "account_id");
    moved += hand_over!(conn, merge, "account_moderation_notes" "target_account_id");
    moved += hand_over!(conn, merge, "account_warnings" "target_account_id");
    moved += hand_over!(conn, merge, "appeals" "account_id");
    moved += hand_over!(conn, merge, "tombstones" "account_id");
    moved += hand_over!(conn, merge, "account_migrations" "target_account_id");
    moved += hand_over!(conn, merge, "accounts" "moved_to_account_id");
    moved += hand_over!(conn, merge, "canonical_email_blocks" "reference_account_id");
    moved += sqlx::query!(
        "UPDATE severed_relationships SET remote_account_id = $2 WHERE id IN (
           SELECT x.id FROM severed_relationships x WHERE x.remote_account_id = $1 AND NOT EXISTS (
             SELECT FROM severed_relationships y
             WHERE y.remote_account_id = $2 AND y.relationship_severance_event_id = x.relationship_severance_event_id
               AND y.local_account_id = x.local_account_id AND y.direction = x.direction) LIMIT $3)",
        merge.from,
        merge.into,
        PIECE
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    // One row each.
    moved += sqlx::query!(
        "UPDATE account_stats SET account_id = $2
         WHERE account_id = $1 AND NOT EXISTS (SELECT FROM account_stats WHERE account_id = $2)",
        merge.from,
        merge.into
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    moved += sqlx::query!(
        "UPDATE follow_recommendation_suppressions SET account_id = $2
         WHERE account_id = $1 AND NOT EXISTS (SELECT FROM follow_recommendation_suppressions WHERE account_id = $2)",
        merge.from,
        merge.into
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    Ok(moved)
}
