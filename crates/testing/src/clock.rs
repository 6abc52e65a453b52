//! A clock that stands until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{TimeDelta, Utc};
use config::Clock;

/// Moves a [`Clock`] that a program was given.
#[derive(Debug, Clone)]
pub struct Hand(Arc<AtomicI64>);

/// A clock that stands at the present, and its hand.
#[must_use]
pub fn standing() -> (Clock, Hand) {
    let micros = Arc::new(AtomicI64::new(Utc::now().timestamp_micros()));
    (Clock::Fixed(micros.clone()), Hand(micros))
}

impl Hand {
    pub fn forward(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().expect("less than 292,000 years"), Ordering::Relaxed);
    }
}
