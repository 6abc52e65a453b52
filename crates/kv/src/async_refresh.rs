//! Markers of work that a client may wait for: a home feed being built, a conversation being fetched.

use std::collections::HashMap;

use crate::{Error, Kv};

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
