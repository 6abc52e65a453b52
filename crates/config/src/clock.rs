//! The one clock. It is handed in, so that a test can stand still in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDateTime, Utc};

#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// Microseconds since 1970, set by a test.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// UTC with microseconds, the precision of PostgreSQL.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).unwrap_or_default(),
            Self::Fixed(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed)).unwrap_or_default(),
        }
    }

    /// The same without a zone, as the columns of Mastodon's schema hold it.
    #[must_use]
    pub fn now_naive(&self) -> NaiveDateTime {
        self.now().naive_utc()
    }
}
