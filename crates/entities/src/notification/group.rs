//! Notifications of one kind about one thing, told together.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use db::notifications::{self, NotificationRow};
use db::{AccountId, NotificationId, PgConnection};
use serde::Serialize;

use super::subjects::Subjects;
use super::{NotificationFallback, Subject, SubjectKind, group_key};
use crate::timestamp::Millis;
use crate::{Account, AccountWarning, Collection, Id, PartialAccount, RelationshipSeveranceEvent, Report, Shared, Status, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct GroupedNotificationsResults {
    pub accounts: Vec<Shared<Account>>,
    /// If only the first account of each group is wanted in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_accounts: Option<Vec<PartialAccount>>,
    pub statuses: Vec<Status>,
    pub notification_groups: Vec<NotificationGroup>,
}

#[derive(Debug, Clone, Serialize)]
pub struct NotificationGroup {
    pub group_key: String,
    pub notifications_count: i64,
    #[serde(rename = "type")]
    pub kind: String,
    /// A number, unlike all other ids.
    pub most_recent_notification_id: NotificationId,
    /// These three only in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_min_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_max_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_page_notification_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<NotificationFallback>,
    pub sample_account_ids: Vec<Id>,
    #[serde(flatten)]
    pub subject: GroupSubject,
}

/// As [`Subject`], but statuses stand beside the groups.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum GroupSubject {
    Status { status_id: Option<Id> },
    Report { report: Option<Box<Report>> },
    Event { event: Option<RelationshipSeveranceEvent> },
    ModerationWarning { moderation_warning: Option<AccountWarning> },
    Collection { collection: Option<Box<Collection>> },
    AnnualReport { annual_report: Option<AnnualReportYear> },
    None {},
}

#[derive(Debug, Clone, Serialize)]
pub struct AnnualReportYear {
    pub year: String,
}

/// What the query of a page of groups finds out about one.
#[derive(Debug, Clone)]
pub struct GroupRow {
    /// The newest of the group on the page.
    pub most_recent_id: NotificationId,
    pub count: i64,
    /// Oldest on the page, newest on the page, and when that was; `None` outside pages.
    pub page: Option<(NotificationId, NotificationId, NaiveDateTime)>,
    /// Newest first.
    pub sample_account_ids: Vec<AccountId>,
    /// It is told alone, whatever group it belongs to.
    pub ungrouped: bool,
}

impl GroupedNotificationsResults {
    /// In the order of `groups`. With `partial` only the first account of each group is told in full.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        groups: &[GroupRow],
        partial: bool,
    ) -> Result<Self, sqlx::Error> {
        let newest: Vec<NotificationId> = groups.iter().map(|group| group.most_recent_id).collect();
        let rows = notifications::load(conn, &newest).await?;
        let years = annual_reports(conn, &rows).await?;
        let subjects = Subjects::load(conn, urls, viewer, &rows).await?;
        let rows: HashMap<NotificationId, NotificationRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        let known: Vec<(&GroupRow, &NotificationRow)> =
            groups.iter().filter_map(|group| Some((group, rows.get(&group.most_recent_id)?))).collect();
        let samples: Vec<AccountId> = unique(known.iter().flat_map(|(group, _)| group.sample_account_ids.iter().copied()));
        let accounts = Account::load_map(conn, urls, Some(viewer), &samples).await?;
        let full: Vec<AccountId> = if partial {
            unique(known.iter().filter_map(|(group, _)| group.sample_account_ids.first().copied()))
        } else {
            samples.clone()
        };
        let rest = samples.iter().filter(|id| !full.contains(id)).filter_map(|id| accounts.get(id));
        let rows: Vec<&NotificationRow> = known.iter().map(|(_, row)| *row).collect();
        Ok(Self {
            accounts: full.iter().filter_map(|id| accounts.get(id).cloned()).collect(),
            partial_accounts: partial.then(|| rest.map(|account| PartialAccount::from(&**account)).collect()),
            statuses: subjects.statuses(&rows),
            notification_groups: known.iter().map(|(group, row)| NotificationGroup::new(group, row, &subjects, &years)).collect(),
        })
    }
}

impl NotificationGroup {
    fn new(group: &GroupRow, row: &NotificationRow, subjects: &Subjects, years: &HashMap<i64, i32>) -> Self {
        let kind = row.kind.clone().unwrap_or_default();
        let subject = match subjects.of(row) {
            Subject::Status { status } => GroupSubject::Status { status_id: status.map(|status| status.id) },
            Subject::Report { report } => GroupSubject::Report { report },
            Subject::Event { event } => GroupSubject::Event { event },
            Subject::ModerationWarning { moderation_warning } => GroupSubject::ModerationWarning { moderation_warning },
            Subject::Collection { collection } => GroupSubject::Collection { collection },
            Subject::None {} if SubjectKind::of(&kind) == SubjectKind::AnnualReport => GroupSubject::AnnualReport {
                annual_report: years.get(&row.activity_id).map(|year| AnnualReportYear { year: year.to_string() }),
            },
            Subject::None {} => GroupSubject::None {},
        };
        Self {
            group_key: if group.ungrouped { format!("ungrouped-{}", row.id) } else { group_key(row) },
            notifications_count: group.count,
            kind,
            most_recent_notification_id: row.id,
            page_min_id: group.page.map(|(oldest, _, _)| Id(oldest)),
            page_max_id: group.page.map(|(_, newest, _)| Id(newest)),
            latest_page_notification_at: group.page.map(|(_, _, at)| Millis(at)),
            fallback: None,
            sample_account_ids: group.sample_account_ids.iter().copied().map(Id).collect(),
            subject,
        }
    }
}

async fn annual_reports(conn: &mut PgConnection, rows: &[NotificationRow]) -> Result<HashMap<i64, i32>, sqlx::Error> {
    let ids: Vec<i64> =
        rows.iter().filter(|row| row.kind.as_deref() == Some("annual_report")).map(|row| row.activity_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!("SELECT id, year FROM generated_annual_reports WHERE id = ANY($1)", &ids).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.year)).collect())
}

fn unique(ids: impl Iterator<Item = AccountId>) -> Vec<AccountId> {
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(*id)).collect()
}
