//! What the timetable starts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::error::Result;
use crate::job::{Dedup, Job, Lane};

/// One round of something that is done again and again. A round that fails is not tried again: the next one comes anyway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Maintenance {
    pub task: Task,
}

/// The names stand in the database and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Publishes scheduled statuses and announcements whose time has come.
    PublishScheduled,
    /// Has the data removed of accounts that were suspended thirty days ago.
    DeleteSuspended,
    /// Removes by age people who never confirmed, dead tokens, unused sessions, addresses of sign-ins, what was deleted long ago.
    CleanUp,
    /// Makes room: files that nobody posted, copies of other servers' files, their posts, archives.
    CleanUpFiles,
    /// Removes the feeds of people who have not been here for long.
    CleanUpFeeds,
    /// Deletes old posts whose authors want that.
    CleanUpStatuses,
    /// Scores anew what trends and what was used today.
    RefreshTrends,
    /// Asks staff to decide about what would trend if it were allowed to.
    RequestTrendReviews,
    /// Has the view `instances` made anew.
    RefreshInstances,
    /// Has the views made anew that say whom to recommend.
    RefreshRecommendations,
    /// Takes what has served its time out of schema `ferrodon`: dead jobs, ended deliveries, keys, orphaned payloads.
    Sweep,
}

impl Task {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PublishScheduled => "publish_scheduled",
            Self::DeleteSuspended => "delete_suspended",
            Self::CleanUp => "clean_up",
            Self::CleanUpFiles => "clean_up_files",
            Self::CleanUpFeeds => "clean_up_feeds",
            Self::CleanUpStatuses => "clean_up_statuses",
            Self::RefreshInstances => "refresh_instances",
            Self::RefreshRecommendations => "refresh_recommendations",
            Self::RefreshTrends => "refresh_trends",
            Self::RequestTrendReviews => "request_trend_reviews",
            Self::Sweep => "sweep",
        }
    }
}

impl Job for Maintenance {
    const KIND: &'static str = "maintenance";
    const LANE: Lane = Lane::Scheduler;
    const RETRIES: i16 = 0;
    const TIMEOUT: Duration = Duration::from_hours(1);
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(self.task.name().to_owned())
    }
}

/// [`Task::Sweep`].
///
/// # Errors
/// The database's.
pub async fn sweep(conn: &mut PgConnection) -> Result<()> {
    crate::outbound::expire(conn).await?;
    // What this program has no handler for, a newer one may do.
    sqlx::query!("delete from ferrodon.dead where died_at < now() - interval '30 days' and reason <> 'unknown'")
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from ferrodon.idempotency where until < now()").execute(&mut *conn).await?;
    sqlx::query!("delete from ferrodon.deleted_before_arrival where until < now()").execute(&mut *conn).await?;
    sqlx::query!("delete from ferrodon.schedule_slot where slot < now() - interval '8 days'").execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Maintenance, Task};

    #[test]
    fn a_task_is_written_by_its_name() {
        for task in [
            Task::PublishScheduled,
            Task::DeleteSuspended,
            Task::CleanUp,
            Task::CleanUpFiles,
            Task::CleanUpFeeds,
            Task::CleanUpStatuses,
            Task::RefreshInstances,
            Task::RefreshRecommendations,
            Task::RefreshTrends,
            Task::RequestTrendReviews,
            Task::Sweep,
        ] {
            let written = serde_json::to_value(Maintenance { task }).unwrap();
            assert_eq!(written, serde_json::json!({ "task": task.name() }));
        }
    }
}
