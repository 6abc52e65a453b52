//! Figures for administrators that were counted lately: their queries are costly, and dashboards ask often.

use crate::key;
use crate::{Error, Kv};

/// As long as Mastodon keeps them.
const SECONDS: u64 = 5 * 60;

/// # Errors
/// Redis is away.
pub async fn kept(kv: &Kv, name: &str) -> Result<Option<String>, Error> {
    kv.run(redis::cmd("GET").arg(key::metric(name))).await
}

/// # Errors
/// Redis is away.
pub async fn keep(kv: &Kv, name: &str, text: &str) -> Result<(), Error> {
    kv.run(redis::cmd("SET").arg(key::metric(name)).arg(text).arg("EX").arg(SECONDS)).await
}
