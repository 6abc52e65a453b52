//! A poll has ended: its author and voters are told, and the servers that have it.

use jobs::feed::PollExpired;

use super::distribute::notifications;
use super::federate;
use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: PollExpired) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let now = context.clock.now_naive();
    let poll = sqlx::query!(
        r#"
        SELECT p.expires_at, p.status_id, a.domain IS NULL AS "local!"
        FROM polls p JOIN accounts a ON a.id = p.account_id JOIN statuses s ON s.id = p.status_id AND s.deleted_at IS NULL
        WHERE p.id = $1
        "#,
        job.poll_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(JobError::Discard("the poll is gone"))?;
    let ends = poll.expires_at.ok_or(JobError::Discard("the poll never ends"))?;
    // It was given more time since.
    if let Ok(left) = (ends - now).to_std() {
        jobs::enqueue_in(&mut tx, &job, left).await?;
        tx.commit().await?;
        return Ok(());
    }
    notifications::of_poll_end(&mut tx, job.poll_id).await?;
    if poll.local {
        federate::status::poll(&mut tx, context, poll.status_id).await?;
    }
    tx.commit().await?;
    Ok(())
}
