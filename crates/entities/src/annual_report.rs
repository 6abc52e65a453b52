//! What somebody did in a year, told to them at its end.

use std::collections::HashSet;

use chrono::{Datelike as _, NaiveDateTime};
use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;
use serde_json::Value;

use crate::{Account, Id, Shared, Status, Urls};

/// The year of which reports are made at this moment: the current one from the tenth of December on, if the administrator
/// wants reports.
#[must_use]
pub fn report_year(wanted: bool, now: NaiveDateTime) -> Option<i32> {
    (wanted && now.month() == 12 && now.day() >= 10).then(|| now.year())
}

/// Reports with the accounts and statuses that they name.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AnnualReports {
    pub annual_reports: Vec<AnnualReport>,
    pub accounts: Vec<Shared<Account>>,
    pub statuses: Vec<Status>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AnnualReport {
    pub year: i32,
    /// By `schema_version`.
    pub data: Value,
    pub schema_version: i32,
    pub share_url: Option<String>,
    pub account_id: Id,
}

/// A row of `generated_annual_reports` with the name of its account.
#[derive(Debug, Clone)]
pub struct AnnualReportRow {
    pub account_id: AccountId,
    pub username: String,
    pub year: i32,
    pub data: Value,
    pub schema_version: i32,
    pub share_key: Option<String>,
}

impl AnnualReportRow {
    /// The first version told of other accounts, the second tells of its own alone.
    fn accounts(&self) -> Vec<AccountId> {
        if self.schema_version > 1 {
            return vec![self.account_id];
        }
        let named = ["most_reblogged_accounts", "commonly_interacted_with_accounts"];
        let entries = named.iter().filter_map(|name| self.data.get(name)?.as_array()).flatten();
        entries.filter_map(|entry| id(entry.get("account_id")?)).collect()
    }

    fn statuses(&self) -> Vec<StatusId> {
        let top = self.data.get("top_statuses").and_then(Value::as_object);
        top.into_iter().flat_map(|top| top.values()).filter_map(id).collect()
    }
}

/// Text in what is written now, numbers in what was.
fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

impl AnnualReports {
    /// The reports of `viewer`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        rows: Vec<AnnualReportRow>,
    ) -> Result<Self, sqlx::Error> {
        let accounts = sorted(rows.iter().flat_map(AnnualReportRow::accounts));
        let named = sorted(rows.iter().flat_map(AnnualReportRow::statuses));
        let visible: HashSet<StatusId> = db::statuses::visible(conn, Some(viewer), &named).await?.into_iter().collect();
        let statuses: Vec<StatusId> = named.into_iter().rev().filter(|id| visible.contains(id)).collect();
        Ok(Self {
            accounts: Account::load_many(conn, urls, Some(viewer), &accounts).await?,
            statuses: Status::load_many(conn, urls, Some(viewer), &statuses).await?,
            annual_reports: rows.into_iter().map(|row| report(row, urls)).collect(),
        })
    }
}

fn sorted(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn report(row: AnnualReportRow, urls: &Urls) -> AnnualReport {
    let key = row.share_key.filter(|key| !key.is_empty());
    AnnualReport {
        share_url: key.map(|key| format!("{}/@{}/wrapstodon/{}/{key}", urls.base(), row.username, row.year)),
        year: row.year,
        data: row.data,
        schema_version: row.schema_version,
        account_id: Id(row.account_id),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use serde_json::json;

    use super::{AnnualReportRow, report_year};

    #[test]
    fn reports_are_made_in_the_last_weeks_of_a_year() {
        let at = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap().into();
        assert_eq!(report_year(true, at(12, 10)), Some(2026));
        assert_eq!(report_year(true, at(12, 31)), Some(2026));
        assert_eq!(report_year(true, at(12, 9)), None);
        assert_eq!(report_year(true, at(1, 20)), None);
        assert_eq!(report_year(false, at(12, 24)), None);
    }

    #[test]
    fn reports_of_both_versions_are_read() {
        let old = AnnualReportRow {
            account_id: 1,
            username: "alice".to_owned(),
            year: 2024,
            data: json!({
                "most_reblogged_accounts": [{ "account_id": "7", "count": 3 }],
                "commonly_interacted_with_accounts": [{ "account_id": 8, "count": 2 }],
                "top_statuses": { "by_reblogs": "70", "by_favourites": 80, "by_replies": null },
            }),
            schema_version: 1,
            share_key: None,
        };
        assert_eq!((old.accounts(), super::sorted(old.statuses().into_iter())), (vec![7, 8], vec![70, 80]));
        let new = AnnualReportRow { data: json!({ "top_statuses": {} }), schema_version: 2, ..old };
        assert_eq!((new.accounts(), new.statuses()), (vec![1], vec![]));
    }
}
