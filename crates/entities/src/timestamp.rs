//! Times in the forms that clients see. Every one is UTC, as the database holds it.

use std::fmt;

use chrono::{Datelike, NaiveDateTime, Timelike};
use serde::{Serialize, Serializer};

/// `2026-01-31T23:59:59.123Z`, the usual form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub NaiveDateTime);

/// `2026-01-31T23:59:59Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub NaiveDateTime);

/// Midnight of the day in the form of [`Millis`]: accounts hide the hour they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Midnight(pub NaiveDateTime);

/// `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDateTime);

fn date(f: &mut fmt::Formatter<'_>, time: NaiveDateTime) -> fmt::Result {
    write!(f, "{:04}-{:02}-{:02}", time.year(), time.month(), time.day())
}

fn clock(f: &mut fmt::Formatter<'_>, time: NaiveDateTime) -> fmt::Result {
    write!(f, "T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        date(f, self.0)?;
        clock(f, self.0)?;
        write!(f, ".{:03}Z", self.0.and_utc().timestamp_subsec_millis())
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        date(f, self.0)?;
        clock(f, self.0)?;
        f.write_str("Z")
    }
}

impl fmt::Display for Midnight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        date(f, self.0)?;
        f.write_str("T00:00:00.000Z")
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        date(f, self.0)
    }
}

macro_rules! serialize_as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl From<NaiveDateTime> for $name {
            fn from(time: NaiveDateTime) -> Self {
                Self(time)
            }
        }
    )*};
}

serialize_as_text!(Millis, Seconds, Midnight, Date);

#[cfg(test)]
mod tests {
    use super::{Date, Midnight, Millis, Seconds};

    #[test]
    fn each_form_is_printed_as_mastodon_prints_it() {
        let time = chrono::DateTime::from_timestamp_micros(1_700_000_000_012_999).unwrap().naive_utc();
        assert_eq!(Millis(time).to_string(), "2023-11-14T22:13:20.012Z");
        assert_eq!(Seconds(time).to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(Midnight(time).to_string(), "2023-11-14T00:00:00.000Z");
        assert_eq!(Date(time).to_string(), "2023-11-14");
    }
}
