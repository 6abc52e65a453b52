//! How many of those who came in a period were seen in it and in later ones.

use std::collections::HashMap;

use chrono::{Datelike as _, Days, Months, NaiveDate, NaiveDateTime};
use db::PgConnection;
use entities::{AdminCohort, CohortValue};
use kv::Kv;

use super::{Period, kept};
use crate::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    Day,
    Month,
}

impl Frequency {
    /// Days for everything that is unknown.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name == "month" { Self::Month } else { Self::Day }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    fn floor(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Month => day.with_day(1).unwrap_or(day),
        }
    }

    fn next(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => day.checked_add_days(Days::new(1)),
            Self::Month => day.checked_add_months(Months::new(1)),
        }
    }

    /// The first period that is told: no more than 31 days or twelve months before the last.
    fn earliest(self, end: NaiveDate) -> NaiveDate {
        let far = match self {
            Self::Day => end.checked_sub_days(Days::new(31)),
            Self::Month => end.checked_sub_months(Months::new(12)),
        };
        far.unwrap_or(end)
    }

    /// Each period by its first day.
    fn periods(self, period: Period) -> Vec<NaiveDate> {
        let last = self.floor(period.end.date());
        let first = self.floor(period.start.date().max(self.earliest(period.end.date())));
        std::iter::successors(Some(first), |day| self.next(*day)).take_while(|day| *day <= last).collect()
    }
}

/// # Errors
/// The database fails.
pub async fn retention(conn: &mut PgConnection, kv: &Kv, period: Period, frequency: Frequency) -> Result<Vec<AdminCohort>> {
    let name = format!("retention;{};{};{}", period.start.date(), period.end.date(), frequency.name());
    kept(kv, &name, count(conn, period, frequency)).await
}

async fn count(conn: &mut PgConnection, period: Period, frequency: Frequency) -> Result<Vec<AdminCohort>> {
    let periods = frequency.periods(period);
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Ok(Vec::new()) };
    let after = frequency.next(*last).unwrap_or(NaiveDate::MAX);
    let rows = sqlx::query!(
        r#"
        SELECT date_trunc($3, created_at)::date AS "came!", date_trunc($3, current_sign_in_at)::date AS seen, count(*) AS "n!"
        FROM users WHERE created_at >= $1 AND created_at < $2
        GROUP BY 1, 2
        "#,
        NaiveDateTime::from(*first),
        NaiveDateTime::from(after),
        frequency.name()
    )
    .fetch_all(conn)
    .await?;
    let mut cohorts: HashMap<NaiveDate, Vec<(Option<NaiveDate>, i64)>> = HashMap::new();
    for row in rows {
        cohorts.entry(row.came).or_default().push((row.seen, row.n));
    }
    Ok(periods.iter().map(|came| cohort(*came, &periods, frequency, cohorts.get(came).map_or(&[], Vec::as_slice))).collect())
}

/// `members`: when they were seen last, and how many of them.
fn cohort(came: NaiveDate, periods: &[NaiveDate], frequency: Frequency, members: &[(Option<NaiveDate>, i64)]) -> AdminCohort {
    let all: i64 = members.iter().map(|(_, n)| n).sum();
    let value = |at: NaiveDate| {
        let stayed: i64 = members.iter().filter(|(seen, _)| seen.is_some_and(|seen| seen >= at)).map(|(_, n)| n).sum();
        CohortValue { date: text(at), rate: share(stayed, all), value: stayed.to_string() }
    };
    let data = periods.iter().filter(|at| **at >= came).map(|at| value(*at)).collect();
    AdminCohort { period: text(came), frequency: frequency.name().to_owned(), data }
}

/// Nobody of nobody is none. Numbers beyond 32 bits are cut.
fn share(part: i64, whole: i64) -> f64 {
    let float = |n: i64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    float(part) / float(whole.max(1))
}

fn text(day: NaiveDate) -> String {
    day.format("%Y-%m-%dT00:00:00.000+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{Frequency, cohort};
    use crate::metrics::Period;

    fn day(m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, m, d).unwrap()
    }

    #[test]
    fn who_was_seen_later_was_there_before_too() {
        let periods = [day(11, 23), day(11, 24), day(11, 25)];
        let members = [(None, 1), (Some(day(11, 23)), 1), (Some(day(11, 25)), 2)];
        let counted = cohort(day(11, 24), &periods, Frequency::Day, &members);
        assert_eq!(counted.period, "2026-11-24T00:00:00.000+00:00");
        let told: Vec<_> = counted.data.iter().map(|value| (value.value.as_str(), value.rate)).collect();
        assert_eq!(told, [("2", 0.5), ("2", 0.5)]);
    }

    #[test]
    fn long_periods_are_cut_at_their_beginning() {
        let year = Period { start: day(1, 15).into(), end: day(11, 25).into() };
        assert_eq!(Frequency::Day.periods(year).len(), 32);
        assert_eq!(Frequency::Month.periods(year).first(), Some(&day(1, 1)));
        assert_eq!(Frequency::Month.periods(year).len(), 11);
    }
}
