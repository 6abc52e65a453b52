//! Markers of work that a client may wait for: a home feed being built, a conversation being fetched.

use std::collections::HashMap;

use crate::{Error, Kv, key};

const RUNNING_SECONDS: u64 = 24 * 60 * 60;
const FINISHED_SECONDS: u64 = 60 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsyncRefresh {
    pub running: bool,
    /// Only where results are counted.
    pub result_count: Option<i64>,
}

/// `key` is one of [`crate::key`]'s public names.
///
/// # Errors
/// Redis is away.
pub async fn start(kv: &Kv, key: &str, count_results: bool) -> Result<(), Error> {
    let mut pipeline = redis::pipe();
    // Versions before 4.4 kept a plain string here, which a hash cannot be written over.
    pipeline.atomic().cmd("DEL").arg(key).cmd("HSET").arg(key).arg("status").arg("running");
    if count_results {
        pipeline.arg("result_count").arg(0);
    }
    pipeline.cmd("EXPIRE").arg(key).arg(RUNNING_SECONDS);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// # Errors
/// Redis is away.
pub async fn add_results(kv: &Kv, key: &str, count: i64) -> Result<(), Error> {
    kv.run(redis::cmd("HINCRBY").arg(key).arg("result_count").arg(count)).await
}

/// # Errors
/// Redis is away.
pub async fn finish(kv: &Kv, key: &str) -> Result<(), Error> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("HSET").arg(key).arg("status").arg("finished").cmd("EXPIRE").arg(key).arg(FINISHED_SECONDS);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// The work is finished no earlier than these parts of it, each named once.
///
/// # Errors
/// Redis is away.
pub async fn add_parts(kv: &Kv, key: &str, parts: &[String]) -> Result<(), Error> {
    if parts.is_empty() {
        return Ok(());
    }
    let waiting = key::refresh_parts(key);
    let mut pipeline = redis::pipe();
    pipeline.atomic().cmd("SADD").arg(&waiting).arg(parts).cmd("EXPIRE").arg(&waiting).arg(RUNNING_SECONDS);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// One part is done, whether or not it succeeded; the last one finishes the work. A part that was done already changes nothing.
///
/// # Errors
/// Redis is away.
pub async fn finish_part(kv: &Kv, key: &str, part: &str, results: i64) -> Result<(), Error> {
    let waiting = key::refresh_parts(key);
    let mut pipeline = redis::pipe();
    pipeline.atomic().cmd("SREM").arg(&waiting).arg(part).cmd("SCARD").arg(&waiting);
    let (removed, left): (i64, i64) = kv.pipe(&pipeline).await?;
    if removed == 0 {
        return Ok(());
    }
    if results > 0 {
        add_results(kv, key, results).await?;
    }
    if left == 0 { finish(kv, key).await } else { Ok(()) }
}

/// # Errors
/// Redis is away.
pub async fn show(kv: &Kv, key: &str) -> Result<Option<AsyncRefresh>, Error> {
    match kv.run::<HashMap<String, String>>(redis::cmd("HGETALL").arg(key)).await {
        Ok(fields) if fields.is_empty() => Ok(None),
        Ok(fields) => Ok(Some(AsyncRefresh {
            running: fields.get("status").is_some_and(|status| status == "running"),
            result_count: fields.get("result_count").and_then(|count| count.parse().ok()),
        })),
        // The plain string of versions before 4.4 stands for a feed that is being built.
        Err(Error::Redis(error)) if error.code() == Some("WRONGTYPE") => {
            start(kv, key, false).await?;
            Ok(Some(AsyncRefresh { running: true, result_count: None }))
        }
        Err(error) => Err(error),
    }
}
