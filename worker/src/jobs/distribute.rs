//! A new status on its way: notifications, conversations, feeds, streams.

pub(super) mod conversations;
pub(super) mod feeds;
pub(super) mod notifications;
pub(super) mod streams;
pub(super) mod subject;
mod trends;
mod turn;

use jobs::feed::Distribute;

use crate::context::Context;
use crate::registry::JobError;
use feeds::Change;
use notifications::Notified;
use streams::Told;
use subject::Subject;

/// What stands in PostgreSQL comes first and is done once; what Redis carries may be done again.
pub(super) async fn run(context: &Context, job: Distribute) -> Result<(), JobError> {
    let _turn = turn::take(context, job.status_id).await?;
    let mut tx = context.db.begin().await?;
    let Some(subject) = Subject::load(&mut tx, job.status_id).await? else {
        return Err(JobError::Discard("the status is gone"));
    };
    let told = Told::load(&mut tx, context, &subject, "update").await?;
    let mut notified = Notified::default();
    if !job.skip_notifications {
        notified = notifications::of_new(&mut tx, &subject).await?;
    }
    let conversations = conversations::add(&mut tx, &subject, &notified.mentioned).await?;
    tx.commit().await?;
    streams::conversations(context, &conversations).await?;
    feeds::distribute(context, &subject, &told, Change::New, job.skip_notifications).await?;
    streams::public(context, &subject, &told).await?;
    trends::register(context, &subject).await;
    Ok(())
}
