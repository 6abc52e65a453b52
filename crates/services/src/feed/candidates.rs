//! Statuses that may go into a feed, before anybody asked whether they are wanted.

use db::{AccountId, ListId, StatusId};
use sqlx::PgConnection;

/// Of those whom somebody follows, the ones who wrote last are asked; the others have nothing new.
const AUTHORS: i64 = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub id: StatusId,
    pub reblog_of: Option<StatusId>,
}

/// Bounds are exclusive.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub below: StatusId,
    pub above: StatusId,
    /// At most so many of one author.
    pub each: i64,
    pub limit: i64,
}

/// By those whom `account` follows, and their own; newest first.
///
/// # Errors
/// The database failed.
pub async fn home(conn: &mut PgConnection, account: AccountId, range: Range) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(
        Candidate,
        r#"
        SELECT s.id AS "id!", s.reblog_of_id AS reblog_of
        FROM (
            SELECT recent.id FROM (
                SELECT f.target_account_id AS id
                FROM follows f LEFT JOIN account_stats stat ON stat.account_id = f.target_account_id
                WHERE f.account_id = $1
                ORDER BY stat.last_status_at DESC NULLS LAST
                LIMIT $2
            ) AS recent
            UNION SELECT $1
        ) AS author
        CROSS JOIN LATERAL (
            SELECT s.id, s.reblog_of_id
            FROM statuses s
            WHERE s.account_id = author.id AND s.deleted_at IS NULL AND s.id < $3 AND s.id > $4
              AND (s.visibility IN (0, 1, 2) OR author.id = $1)
            ORDER BY s.id DESC
            LIMIT $5
        ) AS s
        ORDER BY s.id DESC
        LIMIT $6
        "#,
        account,
        AUTHORS,
        range.below,
        range.above,
        range.each,
        range.limit,
    )
    .fetch_all(conn)
    .await
}

/// By the members of a list, newest first.
///
/// # Errors
/// The database failed.
pub async fn list(conn: &mut PgConnection, list: ListId, range: Range) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(
        Candidate,
        r#"
        SELECT s.id AS "id!", s.reblog_of_id AS reblog_of
        FROM (
            SELECT la.account_id AS id
            FROM list_accounts la JOIN lists l ON l.id = la.list_id
            LEFT JOIN account_stats stat ON stat.account_id = la.account_id
            WHERE la.list_id = $1 AND (la.follow_id IS NOT NULL OR la.account_id = l.account_id)
            ORDER BY stat.last_status_at DESC NULLS LAST
            LIMIT $2
        ) AS author
        CROSS JOIN LATERAL (
            SELECT s.id, s.reblog_of_id
            FROM statuses s
            WHERE s.account_id = author.id AND s.deleted_at IS NULL AND s.id < $3 AND s.id > $4 AND s.visibility IN (0, 1, 2)
            ORDER BY s.id DESC
            LIMIT $5
        ) AS s
        ORDER BY s.id DESC
        LIMIT $6
        "#,
        list,
        AUTHORS,
        range.below,
        range.above,
        range.each,
        range.limit,
    )
    .fetch_all(conn)
    .await
}

/// By one account, newest first.
///
/// # Errors
/// The database failed.
pub async fn of_account(
    conn: &mut PgConnection,
    account: AccountId,
    above: StatusId,
    limit: i64,
) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(
        Candidate,
        r#"
        SELECT id, reblog_of_id AS reblog_of
        FROM statuses
        WHERE account_id = $1 AND deleted_at IS NULL AND visibility IN (0, 1, 2) AND id > $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        account,
        above,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// What Redis must know of those `ids` that exist.
///
/// # Errors
/// The database failed.
pub async fn by_ids(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(Candidate, "SELECT id, reblog_of_id AS reblog_of FROM statuses WHERE id = ANY($1)", ids).fetch_all(conn).await
}
