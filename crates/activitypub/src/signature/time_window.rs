//! When a signature is too old or too new.

use chrono::{DateTime, TimeDelta, Utc};

use super::SignatureError;

const SKEW: TimeDelta = TimeDelta::hours(1);
const LONGEST: TimeDelta = TimeDelta::hours(12);
const DEFAULT: TimeDelta = TimeDelta::minutes(5);

/// `expires` beyond twelve hours after `created` is cut; without it a signature holds five minutes. Clocks may be an hour off.
pub(super) fn check(
    created: Option<DateTime<Utc>>,
    expires: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    let expires = match (created, expires) {
        (Some(created), Some(expires)) => Some(expires.min(created + LONGEST)),
        (Some(created), None) => Some(created + DEFAULT),
        (None, expires) => expires,
    };
    let too_new = created.is_some_and(|created| created > now + SKEW);
    let too_old = expires.is_some_and(|expires| now > expires + SKEW);
    if too_new || too_old { Err(SignatureError::TimeWindow) } else { Ok(()) }
}

/// Seconds since 1970, of a time within a century of now: sums with it cannot overflow.
pub(super) fn from_unix(seconds: i64, now: DateTime<Utc>) -> Result<DateTime<Utc>, SignatureError> {
    let time = DateTime::from_timestamp(seconds, 0).ok_or(SignatureError::TimeWindow)?;
    bounded(time, now)
}

/// As a `Date` header has it.
pub(super) fn from_http_date(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, SignatureError> {
    let time = DateTime::parse_from_rfc2822(text.trim()).map_err(|_| SignatureError::Date(text.to_owned()))?;
    bounded(time.with_timezone(&Utc), now)
}

pub(super) fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn bounded(time: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>, SignatureError> {
    let distance = time.signed_duration_since(now).num_days().saturating_abs();
    if distance > 36_500 { Err(SignatureError::TimeWindow) } else { Ok(time) }
}
