//! Mastodon's own worker, seen from outside: whether one runs, its queues, and what must be swept away when the programs change
//! places. What the jobs mean is known in `jobs`; here they are text.

use crate::key;
use crate::{Error, Kv};

/// Sidekiq processes that gave a sign of life within the last minute. Two workers on one database would do everything twice.
///
/// # Errors
/// Redis is away.
pub async fn live_processes(kv: &Kv) -> Result<Vec<String>, Error> {
    let names: Vec<String> = kv.run(redis::cmd("SMEMBERS").arg(key::SIDEKIQ_PROCESSES)).await?;
    if names.is_empty() {
        return Ok(names);
    }
    let mut pipeline = redis::pipe();
    for name in &names {
        // Sidekiq lets this hash lapse a minute after its last heartbeat.
        pipeline.cmd("HEXISTS").arg(name).arg("info");
    }
    let alive: Vec<bool> = kv.pipe(&pipeline).await?;
    Ok(names.into_iter().zip(alive).filter(|(_, alive)| *alive).map(|(name, _)| name).collect())
}

/// Deletes Rails' cache. Its values go stale as soon as another program writes to the database.
///
/// # Errors
/// Redis is away.
pub async fn flush_rails_cache(kv: &Kv) -> Result<u64, Error> {
    kv.unlink_matching(key::RAILS_CACHE).await
}

/// Deletes the marks of unique jobs. One that is left by a killed job silently swallows later ones; none may exist while no Sidekiq
/// runs.
///
/// # Errors
/// Redis is away.
pub async fn flush_unique_jobs(kv: &Kv) -> Result<u64, Error> {
    kv.unlink_matching(key::UNIQUE_JOBS).await
}

/// Where jobs wait for a time; the score is Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    Schedule,
    Retry,
    /// Jobs that were given up.
    Dead,
}

impl Set {
    const fn key(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Retry => "retry",
            Self::Dead => "dead",
        }
    }
}

/// # Errors
/// Redis is away.
pub async fn queues(kv: &Kv) -> Result<Vec<String>, Error> {
    kv.run(redis::cmd("SMEMBERS").arg(key::SIDEKIQ_QUEUES)).await
}

/// The jobs that are next, in that order. They stay until [`remove`].
///
/// # Errors
/// Redis is away.
pub async fn peek(kv: &Kv, queue: &str, count: usize) -> Result<Vec<String>, Error> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut command = redis::cmd("LRANGE");
    command.arg(key::sidekiq_queue(queue)).arg(format!("-{count}")).arg(-1);
    let mut jobs: Vec<String> = kv.run(&command).await?;
    jobs.reverse();
    Ok(jobs)
}

/// Removes jobs by their exact text, after they were taken over.
///
/// # Errors
/// Redis is away.
pub async fn remove(kv: &Kv, queue: &str, jobs: &[String]) -> Result<(), Error> {
    let mut pipeline = redis::pipe();
    for job in jobs {
        pipeline.cmd("LREM").arg(key::sidekiq_queue(queue)).arg(-1).arg(job).ignore();
    }
    if jobs.is_empty() { Ok(()) } else { kv.pipe(&pipeline).await }
}

/// Puts jobs at the end of a queue; the first one is run first.
///
/// # Errors
/// Redis is away.
pub async fn push(kv: &Kv, queue: &str, jobs: &[String]) -> Result<(), Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut pipeline = redis::pipe();
    pipeline.cmd("SADD").arg(key::SIDEKIQ_QUEUES).arg(queue).ignore();
    pipeline.cmd("LPUSH").arg(key::sidekiq_queue(queue)).arg(jobs).ignore();
    kv.pipe(&pipeline).await
}

/// The jobs that are due first, with their times. They stay until [`remove_from_set`].
///
/// # Errors
/// Redis is away.
pub async fn peek_set(kv: &Kv, set: Set, count: usize) -> Result<Vec<(String, f64)>, Error> {
    if count == 0 {
        return Ok(Vec::new());
    }
    kv.run(redis::cmd("ZRANGE").arg(set.key()).arg(0).arg(count - 1).arg("WITHSCORES")).await
}

/// # Errors
/// Redis is away.
pub async fn remove_from_set(kv: &Kv, set: Set, jobs: &[String]) -> Result<(), Error> {
    if jobs.is_empty() { Ok(()) } else { kv.run(redis::cmd("ZREM").arg(set.key()).arg(jobs)).await }
}

/// # Errors
/// Redis is away.
pub async fn add_to_set(kv: &Kv, set: Set, jobs: &[(String, f64)]) -> Result<(), Error> {
    let mut command = redis::cmd("ZADD");
    command.arg(set.key());
    for (job, at) in jobs {
        command.arg(at).arg(job);
    }
    if jobs.is_empty() { Ok(()) } else { kv.run(&command).await }
}
