//! Times as Mastodon stores and prints them: UTC, without a zone in the database.

use chrono::{NaiveDateTime, Timelike};

/// `2026-01-31T23:59:59.123Z`, the form of every time in the REST API.
#[must_use]
pub fn millis(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `2026-01-31T23:59:59Z`, the form in ActivityPub documents.
#[must_use]
pub fn seconds(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-01-31T00:00:00.000Z` of the day: `created_at` of accounts hides the hour.
#[must_use]
pub fn day(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%dT00:00:00.000Z").to_string()
}

/// Smallest id that `timestamp_id()` can give at this moment: milliseconds since 1970 in the upper 48 bits.
#[must_use]
pub fn id_at(time: NaiveDateTime) -> i64 {
    let utc = time.and_utc();
    (utc.timestamp() * 1000 + i64::from(utc.nanosecond() / 1_000_000)) << 16
}

#[cfg(test)]
mod tests {
    use super::{id_at, millis};

    #[test]
    fn a_time_is_printed_with_three_digits() {
        let time = chrono::DateTime::from_timestamp_micros(1_700_000_000_120_000).unwrap().naive_utc();
        assert_eq!(millis(time), "2023-11-14T22:13:20.120Z");
        assert_eq!(id_at(time), 1_700_000_000_120 << 16);
    }
}
