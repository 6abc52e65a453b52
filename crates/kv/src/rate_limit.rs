//! Counters in fixed windows: requests (rack-attack's keys), actions of an account, tries of a second factor.

use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};

use crate::key;
use crate::script::Lua;
use crate::{Error, Kv};

/// What one request counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttle {
    /// rack-attack's name of the rule, for example `throttle_authenticated_api`.
    pub name: &'static str,
    /// Whose counter: an id, an address.
    pub discriminator: String,
    pub limit: u32,
    pub period: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub limit: u32,
    /// Requests in this window, this one included.
    pub count: u32,
    /// End of the window.
    pub resets_at: DateTime<Utc>,
}

impl Count {
    #[must_use]
    pub fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.count)
    }

    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.count > self.limit
    }
}

/// Counts one request against each of `throttles`, in one round trip, and answers in their order.
///
/// # Errors
/// Redis is away; the request should then pass.
pub async fn hit(kv: &Kv, throttles: &[Throttle], now: DateTime<Utc>) -> Result<Vec<Count>, Error> {
    if throttles.is_empty() {
        return Ok(Vec::new());
    }
    let mut pipeline = redis::pipe();
    for throttle in throttles {
        let window = Window::at(now, throttle.period);
        let name = key::throttle(window.number, throttle.name, &throttle.discriminator);
        pipeline.cmd("INCR").arg(&name).cmd("EXPIRE").arg(&name).arg(window.seconds_left(now) + 1).ignore();
    }
    let counts: Vec<u32> = kv.pipe(&pipeline).await?;
    Ok(throttles
        .iter()
        .zip(counts)
        .map(|(throttle, count)| Count { limit: throttle.limit, count, resets_at: Window::at(now, throttle.period).end })
        .collect())
}

/// What an account may do only so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Follows, follow requests, followed hashtags: 400 in 24 hours.
    Follows,
    /// Posts, edits, boosts: 300 in 3 hours.
    Statuses,
    /// 400 in 24 hours.
    Reports,
}

impl Family {
    #[must_use]
    pub const fn limit(self) -> u32 {
        match self {
            Self::Follows | Self::Reports => 400,
            Self::Statuses => 300,
        }
    }

    #[must_use]
    pub const fn period(self) -> Duration {
        match self {
            Self::Follows | Self::Reports => Duration::from_secs(24 * 60 * 60),
            Self::Statuses => Duration::from_secs(3 * 60 * 60),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Follows => "follows",
            Self::Statuses => "statuses",
            Self::Reports => "reports",
        }
    }
}

/// `KEYS`: counter. `ARGV`: limit, lifetime. A full counter is left alone and answered as limit + 1.
static RECORD: Lua = Lua::new(
    r"
local limit = tonumber(ARGV[1])
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= limit then return limit + 1 end
count = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return count",
);

/// Takes back one action, unless its window has ended meanwhile.
static GIVE_BACK: Lua = Lua::new(
    r"
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
return 0",
);

/// Counts one action; [`Count::is_exceeded`] tells that it must not be done.
///
/// # Errors
/// Redis is away; the action should then pass.
pub async fn record(kv: &Kv, account_id: i64, family: Family, now: DateTime<Utc>) -> Result<Count, Error> {
    let window = Window::at(now, family.period());
    let keys = [key::rate_limit(account_id, family.name(), window.number)];
    let count = RECORD.run(kv, &keys, &[family.limit().to_string(), (window.seconds_left(now) + 1).to_string()]).await?;
    Ok(Count { limit: family.limit(), count, resets_at: window.end })
}

/// Gives back what [`record`] took at the same `now`: the action was not done after all.
///
/// # Errors
/// Redis is away.
pub async fn give_back(kv: &Kv, account_id: i64, family: Family, now: DateTime<Utc>) -> Result<(), Error> {
    let window = Window::at(now, family.period());
    GIVE_BACK.run(kv, &[key::rate_limit(account_id, family.name(), window.number)], &[]).await
}

/// What is used up so far, for the answer's headers.
///
/// # Errors
/// Redis is away.
pub async fn current(kv: &Kv, account_id: i64, family: Family, now: DateTime<Utc>) -> Result<Count, Error> {
    let window = Window::at(now, family.period());
    let count: Option<u32> = kv.run(redis::cmd("GET").arg(key::rate_limit(account_id, family.name(), window.number))).await?;
    Ok(Count { limit: family.limit(), count: count.unwrap_or_default(), resets_at: window.end })
}

/// Tries of a second factor by this user in this hour, this one included; ten are allowed.
///
/// # Errors
/// Redis is away.
pub async fn second_factor_attempt(kv: &Kv, user_id: i64, now: DateTime<Utc>) -> Result<u32, Error> {
    let name = key::second_factor_attempts(user_id, now.hour());
    let mut pipeline = redis::pipe();
    pipeline.cmd("INCR").arg(&name).cmd("EXPIRE").arg(&name).arg(60 * 60).ignore();
    let (attempts,): (u32,) = kv.pipe(&pipeline).await?;
    Ok(attempts)
}

/// After a sign-in that succeeded.
///
/// # Errors
/// Redis is away.
pub async fn clear_second_factor_attempts(kv: &Kv, user_id: i64, now: DateTime<Utc>) -> Result<(), Error> {
    kv.run(redis::cmd("DEL").arg(key::second_factor_attempts(user_id, now.hour()))).await
}

/// True once an hour: the user is then told by mail that a second factor failed.
///
/// # Errors
/// Redis is away.
pub async fn may_warn_of_second_factor(kv: &Kv, user_id: i64) -> Result<bool, Error> {
    let name = key::second_factor_warning(user_id);
    let set: Option<String> = kv.run(redis::cmd("SET").arg(name).arg("1").arg("NX").arg("EX").arg(60 * 60)).await?;
    Ok(set.is_some())
}

/// Windows are counted from 1970, so that all processes agree.
struct Window {
    number: i64,
    end: DateTime<Utc>,
}

impl Window {
    fn at(now: DateTime<Utc>, period: Duration) -> Self {
        let period = i64::try_from(period.as_secs()).unwrap_or(i64::MAX).max(1);
        let number = now.timestamp().div_euclid(period);
        let end = DateTime::from_timestamp((number + 1).saturating_mul(period), 0).unwrap_or(now);
        Self { number, end }
    }

    fn seconds_left(&self, now: DateTime<Utc>) -> i64 {
        self.end.timestamp() - now.timestamp()
    }
}
