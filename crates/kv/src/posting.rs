//! What a post leaves behind for a while: the answer to its Idempotency-Key, its place in the next mail to subscribers.

use crate::key;
use crate::{Error, Kv};

/// The post made with this Idempotency-Key within the last hour.
///
/// # Errors
/// Redis is away.
pub async fn idempotent_status(kv: &Kv, account_id: i64, idempotency_key: &str) -> Result<Option<i64>, Error> {
    kv.run(redis::cmd("GET").arg(key::idempotency(account_id, idempotency_key))).await
}

/// # Errors
/// Redis is away.
pub async fn remember_idempotent_status(kv: &Kv, account_id: i64, idempotency_key: &str, status_id: i64) -> Result<(), Error> {
    let name = key::idempotency(account_id, idempotency_key);
    kv.run(redis::cmd("SET").arg(name).arg(status_id).arg("EX").arg(60 * 60)).await
}

/// Puts a post into the next mail to those who subscribed to the account by mail. True if it is the first one waiting.
///
/// # Errors
/// Redis is away.
pub async fn add_to_mail_batch(kv: &Kv, account_id: i64, status_id: i64) -> Result<bool, Error> {
    let name = key::email_subscriptions(account_id);
    let mut pipeline = redis::pipe();
    pipeline.cmd("SADD").arg(&name).arg(status_id).ignore();
    pipeline.cmd("EXPIRE").arg(&name).arg(60 * 60).ignore().cmd("SCARD").arg(&name);
    let (waiting,): (u64,) = kv.pipe(&pipeline).await?;
    Ok(waiting == 1)
}

/// Takes all that wait.
///
/// # Errors
/// Redis is away.
pub async fn take_mail_batch(kv: &Kv, account_id: i64) -> Result<Vec<i64>, Error> {
    let name = key::email_subscriptions(account_id);
    let mut pipeline = redis::pipe();
    pipeline.atomic().cmd("SMEMBERS").arg(&name).cmd("DEL").arg(&name).ignore();
    let (ids,): (Vec<i64>,) = kv.pipe(&pipeline).await?;
    Ok(ids)
}
