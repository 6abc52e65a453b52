//! Figures over time.

mod instance;
mod server;
mod tag;

use chrono::NaiveDate;
use db::PgConnection;
use entities::{AdminMeasure, DayValue};
use kv::Kv;

use super::{About, Period, Subject, kept};
use crate::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    ActiveUsers,
    NewUsers,
    Interactions,
    OpenedReports,
    ResolvedReports,
    TagAccounts,
    TagUses,
    TagServers,
    InstanceAccounts,
    InstanceMediaAttachments,
    InstanceReports,
    InstanceStatuses,
    InstanceFollows,
    InstanceFollowers,
}

const ALL: [Measure; 14] = [
    Measure::ActiveUsers,
    Measure::NewUsers,
    Measure::Interactions,
    Measure::OpenedReports,
    Measure::ResolvedReports,
    Measure::TagAccounts,
    Measure::TagUses,
    Measure::TagServers,
    Measure::InstanceAccounts,
    Measure::InstanceMediaAttachments,
    Measure::InstanceReports,
    Measure::InstanceStatuses,
    Measure::InstanceFollows,
    Measure::InstanceFollowers,
];

impl Measure {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ActiveUsers => "active_users",
            Self::NewUsers => "new_users",
            Self::Interactions => "interactions",
            Self::OpenedReports => "opened_reports",
            Self::ResolvedReports => "resolved_reports",
            Self::TagAccounts => "tag_accounts",
            Self::TagUses => "tag_uses",
            Self::TagServers => "tag_servers",
            Self::InstanceAccounts => "instance_accounts",
            Self::InstanceMediaAttachments => "instance_media_attachments",
            Self::InstanceReports => "instance_reports",
            Self::InstanceStatuses => "instance_statuses",
            Self::InstanceFollows => "instance_follows",
            Self::InstanceFollowers => "instance_followers",
        }
    }

    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        ALL.into_iter().find(|measure| measure.key() == key)
    }

    #[must_use]
    pub const fn subject(self) -> Subject {
        match self {
            Self::ActiveUsers | Self::NewUsers | Self::Interactions | Self::OpenedReports | Self::ResolvedReports => {
                Subject::Server
            }
            Self::TagAccounts | Self::TagUses | Self::TagServers => Subject::Tag,
            _ => Subject::Instance,
        }
    }
}

/// # Errors
/// There is no such hashtag; the database fails; Redis does, where it counts.
pub async fn measure(conn: &mut PgConnection, kv: &Kv, measure: Measure, about: &About, period: Period) -> Result<AdminMeasure> {
    let About { tag, domain, include_subdomains } = about;
    let name = format!("measure/{};{period:?};{tag};{domain};{include_subdomains}", measure.key());
    kept(kv, &name, count(conn, kv, measure, about, period)).await
}

async fn count(conn: &mut PgConnection, kv: &Kv, measure: Measure, about: &About, period: Period) -> Result<AdminMeasure> {
    let figures = match measure.subject() {
        Subject::Server => server::count(conn, kv, measure, period).await?,
        Subject::Tag => tag::count(conn, kv, measure, about.tag, period).await?,
        Subject::Instance => instance::count(conn, measure, about, period).await?,
    };
    let in_bytes = measure == Measure::InstanceMediaAttachments;
    Ok(AdminMeasure {
        key: measure.key().to_owned(),
        unit: in_bytes.then(|| "bytes".to_owned()),
        total: figures.total.to_string(),
        human_value: in_bytes.then(|| text::human_size::human_size(figures.total)),
        previous_total: figures.previous.map(|total| total.to_string()),
        data: figures.days,
    })
}

struct Figures {
    total: i64,
    /// `None` where the total is not that of the period.
    previous: Option<i64>,
    days: Vec<DayValue>,
}

struct DayRow {
    day: NaiveDate,
    value: i64,
}

/// What the database counted, with nought for days of which it knows nothing.
fn dates(period: Period, rows: &[DayRow]) -> Vec<DayValue> {
    let value = |day: NaiveDate| rows.iter().find(|row| row.day == day).map_or(0, |row| row.value);
    let one = |day: NaiveDate| DayValue { date: day.to_string(), value: value(day).to_string() };
    period.days().into_iter().map(one).collect()
}

/// What Redis counted: its days are told as moments.
fn midnights<T: ToString>(days: &[NaiveDate], values: impl IntoIterator<Item = T>) -> Vec<DayValue> {
    let one =
        |(day, value): (&NaiveDate, T)| DayValue { date: day.format("%Y-%m-%dT00:00:00Z").to_string(), value: value.to_string() };
    days.iter().zip(values).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{ALL, Measure};

    #[test]
    fn every_measure_is_found_by_its_key() {
        assert!(ALL.into_iter().all(|measure| Measure::from_key(measure.key()) == Some(measure)));
        assert_eq!(Measure::from_key("bogus"), None);
    }
}
