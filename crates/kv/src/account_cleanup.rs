//! How far the automatic deletion of old posts has come.

use crate::key;
use crate::{Error, Kv};

const CURSOR_SECONDS: u64 = 14 * 24 * 60 * 60;

/// Posts up to this id were looked at; everything older is kept or gone.
///
/// # Errors
/// Redis is away.
pub async fn cursor(kv: &Kv, account_id: i64) -> Result<Option<i64>, Error> {
    kv.run(redis::cmd("GET").arg(key::account_cleanup(account_id))).await
}

/// # Errors
/// Redis is away.
pub async fn set_cursor(kv: &Kv, account_id: i64, status_id: i64) -> Result<(), Error> {
    kv.run(redis::cmd("SET").arg(key::account_cleanup(account_id)).arg(status_id).arg("EX").arg(CURSOR_SECONDS)).await
}

/// The policy became stricter: begin anew.
///
/// # Errors
/// Redis is away.
pub async fn forget_cursor(kv: &Kv, account_id: i64) -> Result<(), Error> {
    kv.run(redis::cmd("DEL").arg(key::account_cleanup(account_id))).await
}

/// An old post lost what had saved it: the next round looks at it again.
///
/// # Errors
/// Redis is away.
pub async fn lower_cursor(kv: &Kv, account_id: i64, status_id: i64) -> Result<(), Error> {
    if cursor(kv, account_id).await?.is_some_and(|cursor| cursor > status_id) {
        set_cursor(kv, account_id, status_id).await?;
    }
    Ok(())
}

/// The policy at which the last round stopped.
///
/// # Errors
/// Redis is away.
pub async fn last_policy(kv: &Kv) -> Result<Option<i64>, Error> {
    kv.run(redis::cmd("GET").arg(key::CLEANUP_LAST_POLICY)).await
}

/// # Errors
/// Redis is away.
pub async fn set_last_policy(kv: &Kv, policy_id: Option<i64>) -> Result<(), Error> {
    match policy_id {
        Some(id) => kv.run(redis::cmd("SET").arg(key::CLEANUP_LAST_POLICY).arg(id).arg("EX").arg(60 * 60)).await,
        None => kv.run(redis::cmd("DEL").arg(key::CLEANUP_LAST_POLICY)).await,
    }
}
