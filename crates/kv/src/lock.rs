//! Mutual exclusion between processes, Mastodon's included. A lock may lapse or be lost with Redis: what must not happen twice is
//! also guarded in PostgreSQL.

use std::time::Duration;

use rand::RngExt;

use crate::key;
use crate::script::Lua;
use crate::{Error, Kv};

/// Long enough for anything; it only matters when the holder dies.
pub const DEFAULT_TTL: Duration = Duration::from_secs(15 * 60);
/// How long Mastodon waits for somebody else to finish.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);

const POLL: Duration = Duration::from_millis(100);

/// Proof of holding; give it to [`release`].
#[derive(Debug)]
#[must_use]
pub struct Lock {
    key: String,
    token: String,
}

static RELEASE: Lua = Lua::new(
    r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0",
);

/// `name` without the prefix `lock:`, for example `distribute:5`. `None` if another holder kept it for the whole of `wait`.
///
/// # Errors
/// Redis is away.
pub async fn acquire(kv: &Kv, name: &str, ttl: Duration, wait: Duration) -> Result<Option<Lock>, Error> {
    let lock = Lock { key: key::lock(name), token: token() };
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        if set(kv, &lock, ttl).await? {
            return Ok(Some(lock));
        }
        if tokio::time::Instant::now() + POLL > deadline {
            return Ok(None);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// One try.
///
/// # Errors
/// Redis is away.
pub async fn try_acquire(kv: &Kv, name: &str, ttl: Duration) -> Result<Option<Lock>, Error> {
    acquire(kv, name, ttl, Duration::ZERO).await
}

/// Does nothing if the lock lapsed and belongs to somebody else by now.
///
/// # Errors
/// Redis is away; the lock then lapses by itself.
pub async fn release(kv: &Kv, lock: Lock) -> Result<(), Error> {
    RELEASE.run(kv, &[lock.key], &[lock.token]).await
}

/// Whether anybody holds it.
///
/// # Errors
/// Redis is away.
pub async fn is_held(kv: &Kv, name: &str) -> Result<bool, Error> {
    kv.run(redis::cmd("EXISTS").arg(key::lock(name))).await
}

async fn set(kv: &Kv, lock: &Lock, ttl: Duration) -> Result<bool, Error> {
    let milliseconds = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
    let mut command = redis::cmd("SET");
    command.arg(&lock.key).arg(&lock.token).arg("NX").arg("PX").arg(milliseconds);
    let answer: Option<String> = kv.run(&command).await?;
    Ok(answer.is_some())
}

fn token() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}
