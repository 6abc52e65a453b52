//! Posts scheduled statuses, and shows and withdraws announcements, when their time has come.

use std::time::Duration;

use jobs::feed::{PublishAnnouncement, PublishScheduledStatus};

use crate::context::Context;
use crate::registry::JobError;

/// How far ahead the timetable looks; each status has a job for its exact time.
const AHEAD: Duration = Duration::from_mins(2);

/// Makes a job for everything that is due soon, or should long have been.
pub(super) async fn run(context: &Context) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let now = context.clock.now_naive();
    let due = sqlx::query!(
        "SELECT id, scheduled_at FROM scheduled_statuses WHERE scheduled_at <= $1 ORDER BY scheduled_at LIMIT 1000",
        now + AHEAD
    )
    .fetch_all(&mut *tx)
    .await?;
    for row in due {
        let left = row.scheduled_at.and_then(|at| (at - now).to_std().ok()).unwrap_or_default();
        jobs::enqueue_in(&mut tx, &PublishScheduledStatus { scheduled_id: row.id }, left).await?;
    }
    for (announcement_id, at) in services::announcement::turn_over(&mut tx, now, now + AHEAD).await? {
        let left = (at - now).to_std().unwrap_or_default();
        jobs::enqueue_in(&mut tx, &PublishAnnouncement { announcement_id }, left).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Posts one. What can no longer be posted (its parent is gone, its media are) is dropped, as Mastodon drops it.
pub(crate) async fn publish_one(context: &Context, job: PublishScheduledStatus) -> Result<(), JobError> {
    let id = job.scheduled_id;
    let mut tx = context.db.begin().await?;
    let time =
        sqlx::query_scalar!("SELECT scheduled_at FROM scheduled_statuses WHERE id = $1", id).fetch_optional(&mut *tx).await?;
    let Some(time) = time else { return Err(JobError::Discard("it was deleted or posted")) };
    let now = context.clock.now_naive();
    if time.is_some_and(|time| time > now + AHEAD) {
        return Err(JobError::Discard("it was put off"));
    }
    match services::schedule_status::publish(&mut tx, &context.config, id).await {
        Ok(_) => tx.commit().await?,
        Err(error @ (services::Error::Jobs(_) | services::Error::Db(_) | services::Error::Other(_))) => return Err(error.into()),
        Err(refusal) => {
            drop(tx);
            tracing::info!(target: "ferrodon", %refusal, scheduled_id = id, "a scheduled status could not be posted");
            sqlx::query!("DELETE FROM scheduled_statuses WHERE id = $1", id).execute(&mut *context.db.acquire().await?).await?;
        }
    }
    Ok(())
}
