//! What is remembered of other servers for a while: failed deliveries, objects deleted before they came, moves.

use chrono::{DateTime, Utc};

use crate::key;
use crate::{Error, Kv};

/// On how many days delivery to a host must have failed before it counts as unavailable.
pub const UNAVAILABLE_AFTER_DAYS: usize = 7;

/// Notes that delivery failed today. Answers on how many days it did since it last succeeded.
///
/// # Errors
/// Redis is away.
pub async fn record_delivery_failure(kv: &Kv, host: &str, at: DateTime<Utc>) -> Result<usize, Error> {
    let name = key::exhausted_deliveries(host);
    let mut pipeline = redis::pipe();
    pipeline.cmd("SADD").arg(&name).arg(at.format("%Y%m%d").to_string()).ignore().cmd("SCARD").arg(&name);
    let (days,): (usize,) = kv.pipe(&pipeline).await?;
    Ok(days)
}

/// # Errors
/// Redis is away.
pub async fn clear_delivery_failures(kv: &Kv, hosts: &[String]) -> Result<(), Error> {
    if hosts.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = hosts.iter().map(|host| key::exhausted_deliveries(host)).collect();
    kv.run(redis::cmd("DEL").arg(keys)).await
}

/// For each host the days, `YYYYMMDD`, on which delivery failed since it last succeeded.
///
/// # Errors
/// Redis is away.
pub async fn delivery_failures(kv: &Kv, hosts: &[String]) -> Result<Vec<Vec<String>>, Error> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let mut pipeline = redis::pipe();
    for host in hosts {
        pipeline.cmd("SMEMBERS").arg(key::exhausted_deliveries(host));
    }
    let mut days: Vec<Vec<String>> = kv.pipe(&pipeline).await?;
    days.iter_mut().for_each(|days| days.sort_unstable());
    Ok(days)
}

/// An object was deleted or undone that has not been seen: for six hours it is turned away.
///
/// # Errors
/// Redis is away.
pub async fn delete_upon_arrival(kv: &Kv, account_id: i64, uri: &str) -> Result<(), Error> {
    kv.run(redis::cmd("SET").arg(key::delete_upon_arrival(account_id, uri)).arg(uri).arg("EX").arg(6 * 60 * 60)).await
}

/// # Errors
/// Redis is away.
pub async fn arrives_deleted(kv: &Kv, account_id: i64, uri: &str) -> Result<bool, Error> {
    kv.run(redis::cmd("EXISTS").arg(key::delete_upon_arrival(account_id, uri))).await
}

/// Begins the seven days in which a second Move of the account is ignored. False if they run already.
///
/// # Errors
/// Redis is away.
pub async fn begin_move(kv: &Kv, account_id: i64) -> Result<bool, Error> {
    let mut command = redis::cmd("SET");
    command.arg(key::move_in_progress(account_id)).arg("true").arg("NX").arg("EX").arg(7 * 24 * 60 * 60);
    let answer: Option<String> = kv.run(&command).await?;
    Ok(answer.is_some())
}

/// The Move could not be carried out and may come again.
///
/// # Errors
/// Redis is away.
pub async fn end_move(kv: &Kv, account_id: i64) -> Result<(), Error> {
    kv.run(redis::cmd("DEL").arg(key::move_in_progress(account_id))).await
}

/// Notes a subdomain from which an unknown actor came. Answers how many such there were within a minute of one another.
///
/// # Errors
/// Redis is away.
pub async fn record_subdomain(kv: &Kv, registrable_domain: &str, subdomain: &str) -> Result<u64, Error> {
    let name = key::unique_subdomains(registrable_domain);
    let mut pipeline = redis::pipe();
    pipeline.cmd("PFADD").arg(&name).arg(subdomain).ignore();
    pipeline.cmd("EXPIRE").arg(&name).arg(60).ignore().cmd("PFCOUNT").arg(&name);
    let (count,): (u64,) = kv.pipe(&pipeline).await?;
    Ok(count)
}

/// What one request from outside made us look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// At most 400 for one request.
    Accounts,
    /// At most 1,000 for one request.
    Statuses,
}

/// Counts one more, and answers how many the request has caused: a chain of mentions and replies must end somewhere.
///
/// # Errors
/// Redis is away.
pub async fn record_discovery(kv: &Kv, discovery: Discovery, request_id: &str) -> Result<u64, Error> {
    let name = match discovery {
        Discovery::Accounts => key::account_discovery(request_id),
        Discovery::Statuses => key::status_discovery(request_id),
    };
    let mut pipeline = redis::pipe();
    pipeline.cmd("INCR").arg(&name).cmd("EXPIRE").arg(&name).arg(5 * 60).ignore();
    let (count,): (u64,) = kv.pipe(&pipeline).await?;
    Ok(count)
}
