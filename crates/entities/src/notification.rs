//! Notifications, single and in groups.

mod group;
mod policy;
mod subjects;

use std::collections::HashSet;

use db::notifications::{self, NotificationRow};
use db::{AccountId, NotificationId, PgConnection};
use serde::Serialize;

pub use group::{AnnualReportYear, GroupRow, GroupedNotificationsResults, NotificationGroup};
pub use policy::{NotificationPolicy, NotificationPolicyV1, NotificationRequest, PolicySummary};

use subjects::Subjects;

use crate::timestamp::Millis;
use crate::{Account, AccountWarning, Collection, Id, RelationshipSeveranceEvent, Report, Shared, Status, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Notification {
    pub id: Id,
    #[serde(rename = "type")]
    pub kind: String,
    pub created_at: Millis,
    pub group_key: String,
    /// Only `true` is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtered: Option<bool>,
    /// For clients that said they do not know the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<NotificationFallback>,
    pub account: Option<Shared<Account>>,
    #[serde(flatten)]
    pub subject: Subject,
}

#[derive(Debug, Clone, Serialize)]
pub struct NotificationFallback {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
}

/// What a notification is about; each is absent if it is gone.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Subject {
    Status { status: Option<Box<Status>> },
    Report { report: Option<Box<Report>> },
    Event { event: Option<RelationshipSeveranceEvent> },
    ModerationWarning { moderation_warning: Option<AccountWarning> },
    Collection { collection: Option<Box<Collection>> },
    None {},
}

/// What a type of notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    Status,
    Report,
    Event,
    ModerationWarning,
    Collection,
    AnnualReport,
    None,
}

impl SubjectKind {
    pub(crate) fn of(kind: &str) -> Self {
        match kind {
            "favourite" | "reblog" | "status" | "mention" | "poll" | "update" | "quoted_update" | "quote" => Self::Status,
            "admin.report" => Self::Report,
            "severed_relationships" => Self::Event,
            "moderation_warning" => Self::ModerationWarning,
            "added_to_collection" | "collection_update" => Self::Collection,
            "annual_report" => Self::AnnualReport,
            _ => Self::None,
        }
    }
}

/// The key of a notification that stands alone has its id in it.
fn group_key(row: &NotificationRow) -> String {
    row.group_key.clone().unwrap_or_else(|| format!("ungrouped-{}", row.id))
}

impl Notification {
    /// In the order of `ids`; those that do not exist are left out. `viewer` is whose notifications they are.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        ids: &[NotificationId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = notifications::load(conn, ids).await?;
        let senders: HashSet<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
        let senders: Vec<AccountId> = senders.into_iter().collect();
        let accounts = Account::load_map(conn, urls, Some(viewer), &senders).await?;
        let subjects = Subjects::load(conn, urls, viewer, &rows).await?;
        Ok(ids
            .iter()
            .filter_map(|id| rows.iter().find(|row| row.id == *id))
            .map(|row| Self {
                id: Id(row.id),
                kind: row.kind.clone().unwrap_or_default(),
                created_at: Millis(row.created_at),
                group_key: group_key(row),
                filtered: row.filtered.then_some(true),
                fallback: None,
                account: accounts.get(&row.from_account_id).cloned(),
                subject: subjects.of(row),
            })
            .collect())
    }
}
