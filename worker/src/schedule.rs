//! The timetable: what happens by itself, and when.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use croner::Cron;
use jobs::maintenance::{Maintenance, Task};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::context::Context;

/// Minute, hour, day, month, weekday, in UTC.
const TIMETABLE: &[(Task, &str)] = &[
    (Task::PublishScheduled, "* * * * *"),
    (Task::Sweep, "* * * * *"),
    (Task::DeleteSuspended, "* * * * *"),
    (Task::CleanUpStatuses, "* * * * *"),
    (Task::RefreshTrends, "*/5 * * * *"),
    (Task::RequestTrendReviews, "3 */6 * * *"),
    (Task::RefreshInstances, "0 * * * *"),
    (Task::CleanUpFiles, "27 * * * *"),
    (Task::CleanUp, "17 4 * * *"),
    (Task::CleanUpFeeds, "47 4 * * *"),
    (Task::RefreshRecommendations, "41 6 * * *"),
];

struct Entry {
    task: Task,
    cron: Cron,
    /// The slot that this process has seen used.
    last: Option<DateTime<Utc>>,
}

/// Enqueues each task once for each of its slots until `stop` changes. Any number of processes may do so at the same
/// time: the first to claim a slot enqueues. After a pause only the latest slot is made up for.
pub(crate) async fn run(context: Context, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mut entries = entries()?;
    while !*stop.borrow() {
        for entry in &mut entries {
            if let Err(error) = entry.start_due(&context).await {
                tracing::warn!(target: "ferrodon", %error, name = entry.task.name(), "a task of the timetable could not be started");
            }
        }
        let now = context.clock.now();
        let next = entries.iter().filter_map(|entry| entry.cron.find_next_occurrence(&now, false).ok()).min();
        // A jump of the clock, or a slot that could not be started, is caught within a quarter of a minute.
        let pause = next.and_then(|next| (next - now).to_std().ok()).unwrap_or(Duration::MAX).min(Duration::from_secs(15));
        tokio::select! {
            _ = stop.changed() => break,
            () = sleep(pause) => {}
        }
    }
    Ok(())
}

fn entries() -> anyhow::Result<Vec<Entry>> {
    TIMETABLE
        .iter()
        .map(|&(task, cron)| {
            let cron = Cron::from_str(cron).with_context(|| format!("the timetable's entry {}", task.name()))?;
            Ok(Entry { task, cron, last: None })
        })
        .collect()
}

impl Entry {
    async fn start_due(&mut self, context: &Context) -> anyhow::Result<()> {
        let slot = self.cron.find_previous_occurrence(&context.clock.now(), true)?;
        if self.last == Some(slot) {
            return Ok(());
        }
        let mut tx = context.db.begin().await?;
        if jobs::slot::claim(&mut tx, self.task.name(), slot).await? {
            jobs::enqueue(&mut tx, &Maintenance { task: self.task }).await?;
        }
        tx.commit().await?;
        self.last = Some(slot);
        Ok(())
    }
}
