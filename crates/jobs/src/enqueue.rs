//! Writing jobs into the queue, within the caller's transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::types::PgInterval;

use crate::error::Result;
use crate::job::{Dedup, Job};

/// Runs soon after the caller's transaction is committed; never, if it is rolled back.
///
/// # Errors
/// The database's.
pub async fn enqueue<J: Job>(conn: &mut PgConnection, job: &J) -> Result<()> {
    insert(conn, std::slice::from_ref(job), Duration::ZERO).await
}

/// Runs `delay` after now, by the database's clock. A waiting job with the same key keeps the earlier of both times.
///
/// # Errors
/// The database's.
pub async fn enqueue_in<J: Job>(conn: &mut PgConnection, job: &J, delay: Duration) -> Result<()> {
    insert(conn, std::slice::from_ref(job), delay).await
}

/// As [`enqueue`] for each, in one statement.
///
/// # Errors
/// The database's.
pub async fn enqueue_many<J: Job>(conn: &mut PgConnection, jobs: &[J]) -> Result<()> {
    insert(conn, jobs, Duration::ZERO).await
}

/// As [`enqueue_in`] for each, in one statement.
///
/// # Errors
/// The database's.
pub async fn enqueue_many_in<J: Job>(conn: &mut PgConnection, jobs: &[J], delay: Duration) -> Result<()> {
    insert(conn, jobs, delay).await
}

/// A waiting job with this key runs now instead of later. Where none waits (it never was, it runs, it has run) nothing happens.
///
/// # Errors
/// The database's.
pub async fn hasten<J: Job>(conn: &mut PgConnection, job: &J) -> Result<()> {
    sqlx::query!(
        "update ferrodon.job set run_at = now() where kind = $1 and dedup_key = $2 and worker is null and run_at > now()",
        J::KIND,
        job.dedup_key(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert<J: Job>(conn: &mut PgConnection, jobs: &[J], delay: Duration) -> Result<()> {
    let (keys, args) = rows(jobs)?;
    if args.is_empty() {
        return Ok(());
    }
    // A waiting job with the same key is locked until the caller commits, even where nothing in it changes: taken before
    // that, it would not see what the caller wrote.
    sqlx::query!(
        r#"insert into ferrodon.job (lane, kind, args, dedup_key, hold_key, max_attempts, run_at)
           select $1, $2, a.args, a.dedup_key, $3, $4, now() + $5
           from unnest($6::text[], $7::text[]) as a(args, dedup_key)
           on conflict (kind, dedup_key) where dedup_key is not null
           do update set run_at = least(job.run_at, excluded.run_at)
           where job.worker is null"#,
        J::LANE.as_str(),
        J::KIND,
        J::DEDUP == Dedup::Unfinished,
        J::RETRIES.saturating_add(1),
        interval(delay),
        &args,
        &keys as &[Option<String>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keys and arguments; of equal keys only the first. Keyed rows come in the order of their keys, so that two transactions
/// with the same keys wait for each other instead of blocking each other.
fn rows<J: Job>(jobs: &[J]) -> Result<(Vec<Option<String>>, Vec<String>)> {
    let mut keyed = BTreeMap::new();
    let mut rows = Vec::with_capacity(jobs.len());
    for job in jobs {
        let args = serde_json::to_string(job)?;
        match job.dedup_key() {
            Some(key) => drop(keyed.entry(key).or_insert(args)),
            None => rows.push((None, args)),
        }
    }
    rows.extend(keyed.into_iter().map(|(key, args)| (Some(key), args)));
    Ok(rows.into_iter().unzip())
}

/// Saturates at 292,000 years.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX) }
}
