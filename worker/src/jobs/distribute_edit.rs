//! An edited status: streams show its new form, feeds are judged anew, and those who boosted or quoted it are told.

use jobs::feed::DistributeEdit;
use kv::publish::Channel;

use super::distribute::feeds::{self, Change};
use super::distribute::notifications;
use super::distribute::streams::{self, Personal, Told};
use super::distribute::subject::Subject;
use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: DistributeEdit) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let Some(subject) = Subject::load(&mut tx, job.status_id).await? else {
        return Err(JobError::Discard("the status is gone"));
    };
    let mentioned = if job.skip_notifications { Vec::new() } else { notifications::of_edit(&mut tx, &subject).await? };
    let told = Told::load(&mut tx, context, &subject, "status.update").await?;
    tx.commit().await?;
    feeds::distribute(context, &subject, &told, Change::Edited, true).await?;
    // Who is mentioned may have the status nowhere but among their notifications.
    let listeners: Vec<Personal> =
        mentioned.into_iter().map(|account| Personal { channel: Channel::Notifications(account), viewer: account }).collect();
    streams::personal(context, &told, &listeners).await?;
    Ok(streams::public(context, &subject, &told).await?)
}
