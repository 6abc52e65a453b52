//! What many notifications are about, loaded together.

use std::collections::{BTreeSet, HashMap};

use db::notifications::NotificationRow;
use db::{AccountId, PgConnection, StatusId};

use super::{Subject, SubjectKind};
use crate::{AccountWarning, Collection, RelationshipSeveranceEvent, Report, Status, Urls};

pub(super) struct Subjects {
    statuses: HashMap<StatusId, Status>,
    reports: HashMap<i64, Report>,
    events: HashMap<i64, RelationshipSeveranceEvent>,
    warnings: HashMap<i64, AccountWarning>,
    collections: HashMap<i64, Collection>,
}

impl Subjects {
    pub(super) async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        rows: &[NotificationRow],
    ) -> Result<Self, sqlx::Error> {
        let ids = |wanted: SubjectKind, id: fn(&NotificationRow) -> Option<i64>| -> Vec<i64> {
            let rows = rows.iter().filter(|row| row.kind.as_deref().map(SubjectKind::of) == Some(wanted));
            rows.filter_map(id).collect::<BTreeSet<i64>>().into_iter().collect()
        };
        let activity = |row: &NotificationRow| Some(row.activity_id);
        let viewer = Some(viewer);
        let statuses = Status::load_many(conn, urls, viewer, &ids(SubjectKind::Status, |row| row.status_id)).await?;
        let reports = Report::load_many(conn, urls, viewer, &ids(SubjectKind::Report, activity)).await?;
        let events = RelationshipSeveranceEvent::load_many(conn, &ids(SubjectKind::Event, activity)).await?;
        let warnings = AccountWarning::load_many(conn, urls, viewer, &ids(SubjectKind::ModerationWarning, activity)).await?;
        let collections =
            Collection::load_many(conn, urls, viewer, &ids(SubjectKind::Collection, |row| row.collection_id)).await?;
        Ok(Self {
            statuses: statuses.into_iter().map(|status| (status.id.0, status)).collect(),
            reports: reports.into_iter().map(|report| (report.id.0, report)).collect(),
            events: events.into_iter().map(|event| (event.id.0, event)).collect(),
            warnings: warnings.into_iter().map(|warning| (warning.id.0, warning)).collect(),
            collections: collections.into_iter().map(|collection| (collection.id.0, collection)).collect(),
        })
    }

    pub(super) fn of(&self, row: &NotificationRow) -> Subject {
        match row.kind.as_deref().map_or(SubjectKind::None, SubjectKind::of) {
            SubjectKind::Status => Subject::Status { status: self.status(row).cloned().map(Box::new) },
            SubjectKind::Report => Subject::Report { report: self.reports.get(&row.activity_id).cloned().map(Box::new) },
            SubjectKind::Event => Subject::Event { event: self.events.get(&row.activity_id).cloned() },
            SubjectKind::ModerationWarning => {
                Subject::ModerationWarning { moderation_warning: self.warnings.get(&row.activity_id).cloned() }
            }
            SubjectKind::Collection => Subject::Collection { collection: self.collection(row).cloned().map(Box::new) },
            SubjectKind::AnnualReport | SubjectKind::None => Subject::None {},
        }
    }

    fn status(&self, row: &NotificationRow) -> Option<&Status> {
        self.statuses.get(&row.status_id?)
    }

    fn collection(&self, row: &NotificationRow) -> Option<&Collection> {
        self.collections.get(&row.collection_id?)
    }

    /// Every status once, in the order in which notifications name them.
    pub(super) fn statuses(&self, rows: &[&NotificationRow]) -> Vec<Status> {
        let mut seen = BTreeSet::new();
        rows.iter().filter_map(|row| self.status(row)).filter(|status| seen.insert(status.id)).cloned().collect()
    }
}
