//! Counts that stand beside what they count, changed by a difference in the transaction that changes the rows.
//!
//! Every caller takes the locks in the same order, or two transactions wait for each other: first `account_stats` by
//! ascending account, then `status_stats` by ascending status, both as the last statements before the commit.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

use crate::{AccountId, StatusId};

/// Differences for one account; zero leaves a count as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountDelta {
    pub account_id: AccountId,
    pub statuses: i64,
    pub following: i64,
    pub followers: i64,
    /// `last_status_at` moves on to this moment, never back.
    pub last_status_at: Option<NaiveDateTime>,
}

/// Differences for one status.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatusDelta {
    pub status_id: StatusId,
    pub replies: i64,
    pub reblogs: i64,
    pub favourites: i64,
    pub quotes: i64,
}

/// Applies all of them in one statement, in the order of the accounts. No count goes below zero.
///
/// # Errors
/// The database fails.
pub async fn add_to_accounts(conn: &mut PgConnection, deltas: &[AccountDelta]) -> Result<(), sqlx::Error> {
    if deltas.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = deltas.iter().map(|delta| delta.account_id).collect();
    let statuses: Vec<i64> = deltas.iter().map(|delta| delta.statuses).collect();
    let following: Vec<i64> = deltas.iter().map(|delta| delta.following).collect();
    let followers: Vec<i64> = deltas.iter().map(|delta| delta.followers).collect();
    let last: Vec<Option<NaiveDateTime>> = deltas.iter().map(|delta| delta.last_status_at).collect();
    sqlx::query!(
        r#"
        INSERT INTO account_stats AS t
          (account_id, statuses_count, following_count, followers_count, last_status_at, created_at, updated_at)
        SELECT d.id, greatest(sum(d.statuses)::bigint, 0), greatest(sum(d.following)::bigint, 0),
          greatest(sum(d.followers)::bigint, 0), max(d.last), now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamp[])
          AS d (id, statuses, following, followers, last)
        GROUP BY d.id
        ORDER BY d.id
        ON CONFLICT (account_id) DO UPDATE SET
          statuses_count = greatest(t.statuses_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $2::bigint[]) AS x (id, n) WHERE x.id = t.account_id), 0),
          following_count = greatest(t.following_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $3::bigint[]) AS x (id, n) WHERE x.id = t.account_id), 0),
          followers_count = greatest(t.followers_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $4::bigint[]) AS x (id, n) WHERE x.id = t.account_id), 0),
          last_status_at = greatest(t.last_status_at, excluded.last_status_at),
          updated_at = excluded.updated_at
        "#,
        &ids,
        &statuses,
        &following,
        &followers,
        &last as &[Option<NaiveDateTime>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The same for statuses.
///
/// # Errors
/// The database fails.
pub async fn add_to_statuses(conn: &mut PgConnection, deltas: &[StatusDelta]) -> Result<(), sqlx::Error> {
    if deltas.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = deltas.iter().map(|delta| delta.status_id).collect();
    let replies: Vec<i64> = deltas.iter().map(|delta| delta.replies).collect();
    let reblogs: Vec<i64> = deltas.iter().map(|delta| delta.reblogs).collect();
    let favourites: Vec<i64> = deltas.iter().map(|delta| delta.favourites).collect();
    let quotes: Vec<i64> = deltas.iter().map(|delta| delta.quotes).collect();
    sqlx::query!(
        r#"
        INSERT INTO status_stats AS t
          (status_id, replies_count, reblogs_count, favourites_count, quotes_count, created_at, updated_at)
        SELECT d.id, greatest(sum(d.replies)::bigint, 0), greatest(sum(d.reblogs)::bigint, 0),
          greatest(sum(d.favourites)::bigint, 0), greatest(sum(d.quotes)::bigint, 0),
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
          AS d (id, replies, reblogs, favourites, quotes)
        -- The status may have been deleted since; its counts went with it.
        JOIN statuses s ON s.id = d.id
        GROUP BY d.id
        ORDER BY d.id
        ON CONFLICT (status_id) DO UPDATE SET
          replies_count = greatest(t.replies_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $2::bigint[]) AS x (id, n) WHERE x.id = t.status_id), 0),
          reblogs_count = greatest(t.reblogs_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $3::bigint[]) AS x (id, n) WHERE x.id = t.status_id), 0),
          favourites_count = greatest(t.favourites_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $4::bigint[]) AS x (id, n) WHERE x.id = t.status_id), 0),
          quotes_count = greatest(t.quotes_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $5::bigint[]) AS x (id, n) WHERE x.id = t.status_id), 0),
          -- What another server says of its own status goes on from what it said.
          untrusted_reblogs_count = CASE WHEN t.untrusted_reblogs_count IS NOT NULL THEN greatest(t.untrusted_reblogs_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $3::bigint[]) AS x (id, n) WHERE x.id = t.status_id), 0) END,
          untrusted_favourites_count = CASE WHEN t.untrusted_favourites_count IS NOT NULL THEN greatest(t.untrusted_favourites_count
            + (SELECT sum(x.n) FROM unnest($1::bigint[], $4::bigint[]) AS x (id, n) WHERE x.id = t.status_id), 0) END,
          updated_at = excluded.updated_at
        "#,
        &ids,
        &replies,
        &reblogs,
        &favourites,
        &quotes
    )
    .execute(conn)
    .await?;
    Ok(())
}
