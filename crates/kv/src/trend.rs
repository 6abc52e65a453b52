//! Uses per day of hashtags, links and blocked mail domains, and the day's candidates for trends.

use chrono::{DateTime, NaiveDate, Utc};

use crate::key;
use crate::{Error, Kv};

const HISTORY_SECONDS: u64 = 14 * 24 * 60 * 60;
const COUNTED_SECONDS: u64 = 24 * 60 * 60;
const CANDIDATE_SECONDS: u64 = 24 * 60 * 60;

/// Whose uses are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    Tag,
    /// By preview card id.
    Link,
    EmailDomainBlock,
}

impl History {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Tag => "tags",
            Self::Link => "links",
            Self::EmailDomainBlock => "email_domain_blocks",
        }
    }
}

/// What may trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    Tag,
    Link,
    Status,
}

impl Candidate {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Tag => "trending_tags",
            Self::Link => "trending_links",
            Self::Status => "trending_statuses",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub day: NaiveDate,
    pub uses: u64,
    /// Distinct, estimated by Redis.
    pub accounts: u64,
}

/// True for the first who wants to count what a status uses; for a day nobody else does.
///
/// # Errors
/// Redis is away.
pub async fn begin_counting(kv: &Kv, status_id: i64) -> Result<bool, Error> {
    let name = key::counted(status_id);
    let set: Option<String> = kv.run(redis::cmd("SET").arg(name).arg("1").arg("NX").arg("EX").arg(COUNTED_SECONDS)).await?;
    Ok(set.is_some())
}

/// Counts one use of each of `ids` on the day of `at`. `user` is an account id, for mail domains an address.
///
/// # Errors
/// Redis is away.
pub async fn record(kv: &Kv, history: History, ids: &[i64], user: &str, at: DateTime<Utc>) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let day = key::day(at);
    let mut pipeline = redis::pipe();
    for id in ids {
        let uses = key::uses(history.prefix(), *id, day);
        let users = key::users(history.prefix(), *id, day);
        pipeline.cmd("INCR").arg(&uses).cmd("EXPIRE").arg(&uses).arg(HISTORY_SECONDS);
        pipeline.cmd("PFADD").arg(&users).arg(user).cmd("EXPIRE").arg(&users).arg(HISTORY_SECONDS);
    }
    kv.pipe::<()>(pipeline.ignore()).await
}

/// For each of `ids` the uses on each of `days`, in the orders given, in one round trip.
///
/// # Errors
/// Redis is away.
pub async fn history(kv: &Kv, history: History, ids: &[i64], days: &[NaiveDate]) -> Result<Vec<Vec<Day>>, Error> {
    if ids.is_empty() || days.is_empty() {
        return Ok(ids.iter().map(|_| Vec::new()).collect());
    }
    let mut pipeline = redis::pipe();
    for id in ids {
        for day in days {
            pipeline.cmd("GET").arg(key::uses(history.prefix(), *id, *day));
            pipeline.cmd("PFCOUNT").arg(key::users(history.prefix(), *id, *day));
        }
    }
    let counts: Vec<Option<u64>> = kv.pipe(&pipeline).await?;
    let mut pairs = counts.chunks_exact(2).map(|pair| match pair {
        [uses, accounts] => (uses.unwrap_or_default(), accounts.unwrap_or_default()),
        _ => (0, 0),
    });
    let mut one = |day: &NaiveDate| {
        let (uses, accounts) = pairs.next().unwrap_or_default();
        Day { day: *day, uses, accounts }
    };
    Ok(ids.iter().map(|_| days.iter().map(&mut one).collect()).collect())
}

/// Distinct accounts over all of `days` together, which is less than the sum of the days.
///
/// # Errors
/// Redis is away.
pub async fn distinct_accounts(kv: &Kv, history: History, id: i64, days: &[NaiveDate]) -> Result<u64, Error> {
    if days.is_empty() {
        return Ok(0);
    }
    let keys: Vec<String> = days.iter().map(|day| key::users(history.prefix(), id, *day)).collect();
    kv.run(redis::cmd("PFCOUNT").arg(keys)).await
}

/// Puts `ids` among those that the next refresh looks at.
///
/// # Errors
/// Redis is away.
pub async fn add_candidates(kv: &Kv, candidate: Candidate, ids: &[i64], at: DateTime<Utc>) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let name = key::trend_candidates(candidate.prefix(), key::day(at));
    let mut pipeline = redis::pipe();
    pipeline.cmd("SADD").arg(&name).arg(ids).cmd("EXPIRE").arg(&name).arg(CANDIDATE_SECONDS);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// # Errors
/// Redis is away.
pub async fn candidates(kv: &Kv, candidate: Candidate, at: DateTime<Utc>) -> Result<Vec<i64>, Error> {
    kv.run(redis::cmd("SMEMBERS").arg(key::trend_candidates(candidate.prefix(), key::day(at)))).await
}
