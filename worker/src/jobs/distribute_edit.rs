//! An edited status: streams show its new form, feeds are judged anew, and those who boosted or quoted it are told.

use jobs::feed::DistributeEdit;
use kv::publish::Channel;

use super::distribute::feeds::{self, Change};
use super::distribute::notifications;
use super::distribute::streams::{self, Personal};
use super::distribute::subject::Subject;
use crate::context::Context;
use crate::registry::JobError;

const EVENT: &str = "status.update";

pub(super) async fn run(context: &Context, job: DistributeEdit) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let Some(subject) = Subject::load(&mut tx, job.status_id).await? else {
        return Err(JobError::Discard("the status is gone"));
    };
    let mentioned = if job.skip_notifications { Vec::new() } else { notifications::of_edit(&mut tx, &subject).await? };
    tx.commit().await?;
    feeds::distribute(context, &subject, Change::Edited, true).await?;
    // Who is mentioned may have the status nowhere but among their notifications.
    let listeners: Vec<Personal> =
        mentioned.into_iter().map(|account| Personal { channel: Channel::Notifications(account), viewer: account }).collect();
    streams::personal(context, subject.id, EVENT, &listeners).await?;
    if subject.is_broadcastable() {
        streams::public(context, &subject, EVENT).await?;
    }
    Ok(())
}
