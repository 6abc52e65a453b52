//! Daily counters of the whole server: posts, sign-ups, interactions, active users.

use chrono::{DateTime, NaiveDate, Utc};

use crate::key;
use crate::{Error, Kv};

/// Six months of thirty days and a bit, as Rails counts them.
const SECONDS: u64 = 15_778_476;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Posts written here.
    Statuses,
    /// Accounts made here.
    Accounts,
    /// Favourites, boosts, replies, follows by people here.
    Interactions,
}

impl Counter {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Statuses => "activity:statuses:local",
            Self::Accounts => "activity:accounts:local",
            Self::Interactions => "activity:interactions",
        }
    }
}

const LOGINS: &str = "activity:logins";

/// # Errors
/// Redis is away.
pub async fn increment(kv: &Kv, counter: Counter, at: DateTime<Utc>) -> Result<(), Error> {
    let name = key::activity(counter.prefix(), key::day(at));
    let mut pipeline = redis::pipe();
    pipeline.cmd("INCR").arg(&name).cmd("EXPIRE").arg(&name).arg(SECONDS);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// Undoes one [`increment`] of the day of `at`: a post was deleted.
///
/// # Errors
/// Redis is away.
pub async fn decrement(kv: &Kv, counter: Counter, at: DateTime<Utc>) -> Result<(), Error> {
    let name = key::activity(counter.prefix(), key::day(at));
    let mut pipeline = redis::pipe();
    pipeline.cmd("DECR").arg(&name).cmd("EXPIRE").arg(&name).arg(SECONDS);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// The user was here on the day of `at`.
///
/// # Errors
/// Redis is away.
pub async fn record_login(kv: &Kv, user_id: i64, at: DateTime<Utc>) -> Result<(), Error> {
    let name = key::activity(LOGINS, key::day(at));
    let mut pipeline = redis::pipe();
    pipeline.cmd("PFADD").arg(&name).arg(user_id).cmd("EXPIRE").arg(&name).arg(SECONDS);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// One number for each of `days`.
///
/// # Errors
/// Redis is away.
pub async fn daily(kv: &Kv, counter: Counter, days: &[NaiveDate]) -> Result<Vec<i64>, Error> {
    let keys: Vec<String> = days.iter().map(|day| key::activity(counter.prefix(), *day)).collect();
    numbers(kv, &keys).await
}

/// All of `from` up to but without `until`, with what old versions counted by week.
///
/// # Errors
/// Redis is away.
pub async fn sum(kv: &Kv, counter: Counter, from: NaiveDate, until: NaiveDate) -> Result<i64, Error> {
    let prefix = counter.prefix();
    let keys = keys(from, until, |day| [key::activity(prefix, day), key::activity_by_week(prefix, day)]);
    Ok(numbers(kv, &keys).await?.iter().sum())
}

/// Distinct users on each of `days`.
///
/// # Errors
/// Redis is away.
pub async fn daily_logins(kv: &Kv, days: &[NaiveDate]) -> Result<Vec<u64>, Error> {
    if days.is_empty() {
        return Ok(Vec::new());
    }
    let mut pipeline = redis::pipe();
    for day in days {
        pipeline.cmd("PFCOUNT").arg(key::activity(LOGINS, *day));
    }
    kv.pipe(&pipeline).await
}

/// Distinct users of `from` up to but without `until`.
///
/// # Errors
/// Redis is away.
pub async fn logins(kv: &Kv, from: NaiveDate, until: NaiveDate) -> Result<u64, Error> {
    let keys = keys(from, until, |day| [key::activity(LOGINS, day), key::activity_by_week(LOGINS, day)]);
    if keys.is_empty() {
        return Ok(0);
    }
    kv.run(redis::cmd("PFCOUNT").arg(keys)).await
}

fn keys(from: NaiveDate, until: NaiveDate, of: impl Fn(NaiveDate) -> [String; 2]) -> Vec<String> {
    let mut keys: Vec<String> = from.iter_days().take_while(|day| *day < until).flat_map(of).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

async fn numbers(kv: &Kv, keys: &[String]) -> Result<Vec<i64>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let values: Vec<Option<i64>> = kv.run(redis::cmd("MGET").arg(keys)).await?;
    Ok(values.into_iter().map(Option::unwrap_or_default).collect())
}
