//! Mastodon's own worker, seen from outside: whether one runs, and what must be swept away when the programs change places.
//! Its queues are read and written by the bridge in `jobs`.

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
