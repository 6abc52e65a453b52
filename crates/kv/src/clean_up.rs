//! Where a clean-up that goes through a large table has come to. Without Redis it begins anew.

use crate::key;
use crate::{Error, Kv};

const SECONDS: u64 = 14 * 24 * 60 * 60;

/// Rows up to this id were looked at; 0 at the beginning.
///
/// # Errors
/// Redis is away.
pub async fn place(kv: &Kv, table: &str) -> Result<i64, Error> {
    let place: Option<i64> = kv.run(redis::cmd("GET").arg(key::clean_up(table))).await?;
    Ok(place.unwrap_or(0))
}

/// # Errors
/// Redis is away.
pub async fn set_place(kv: &Kv, table: &str, id: i64) -> Result<(), Error> {
    kv.run(redis::cmd("SET").arg(key::clean_up(table)).arg(id).arg("EX").arg(SECONDS)).await
}
