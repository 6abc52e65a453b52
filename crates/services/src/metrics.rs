//! Figures for administrators: measures over time, dimensions by kind, and how many people stay.

mod dimension;
mod measure;
mod retention;

use std::future::Future;

use chrono::{Days, NaiveDate, NaiveDateTime};
use kv::Kv;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use dimension::{Dimension, dimension};
pub use measure::{Measure, measure};
pub use retention::{Frequency, retention};

use crate::error::{Error, Result};

/// Days of one answer; what lies before them is not told day by day.
const MAX_DAYS: u64 = 3_660;

/// From a moment to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub start: NaiveDateTime,
    pub end: NaiveDateTime,
}

/// What a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Server,
    /// Wants the id of a hashtag.
    Tag,
    /// Wants the domain of another server.
    Instance,
}

/// What was asked for about one hashtag or server.
#[derive(Debug, Clone, Default)]
pub struct About {
    pub tag: i64,
    pub domain: String,
    pub include_subdomains: bool,
}

impl Period {
    /// The same length, just before.
    fn previous(self) -> Self {
        let length = self.end - self.start;
        Self { start: self.start - length, end: self.start }
    }

    fn days(self) -> Vec<NaiveDate> {
        let last = self.end.date();
        let earliest = last.checked_sub_days(Days::new(MAX_DAYS)).unwrap_or(last);
        self.start.date().max(earliest).iter_days().take_while(|day| *day <= last).collect()
    }

    /// From midnight of the first day up to but without midnight after the last.
    fn whole_days(self) -> (NaiveDateTime, NaiveDateTime) {
        let first = self.days().first().copied().unwrap_or_else(|| self.end.date());
        let after = self.end.date().checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        (first.into(), after.into())
    }

    /// The ids that statuses of its days may have.
    fn ids(self) -> (i64, i64) {
        let (first, after) = self.whole_days();
        (db::time::id_at(first), db::time::id_at(after) - 1)
    }
}

/// Dashboards ask often and the answers are costly: for five minutes the same is told.
async fn kept<T: Serialize + DeserializeOwned>(kv: &Kv, name: &str, count: impl Future<Output = Result<T>>) -> Result<T> {
    let known = kv::metric::kept(kv, name).await.ok().flatten();
    if let Some(known) = known.and_then(|text| serde_json::from_str(&text).ok()) {
        return Ok(known);
    }
    let counted = count.await?;
    let text = serde_json::to_string(&counted).map_err(anyhow::Error::from)?;
    if let Err(error) = kv::metric::keep(kv, name, &text).await {
        tracing::debug!(%error, "a figure is not kept");
    }
    Ok(counted)
}

/// For figures that only Redis knows.
fn unavailable(error: &kv::Error) -> Error {
    tracing::warn!(%error, "figures of Redis are not known");
    Error::Unavailable("There was a temporary problem serving your request, please try again".into())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::Period;

    #[test]
    fn a_period_ends_where_the_next_begins_and_tells_both_its_days() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap().into();
        let period = Period { start: day(22), end: day(25) };
        assert_eq!(period.previous(), Period { start: day(19), end: day(22) });
        assert_eq!(period.days().len(), 4);
        assert_eq!(Period { start: day(25), end: day(22) }.days(), []);
        let ages = Period { start: NaiveDate::from_ymd_opt(1, 1, 1).unwrap().into(), end: day(25) };
        assert_eq!(ages.days().len(), 3_661);
    }
}
