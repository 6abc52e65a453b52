//! A finished document to all followers.

use jobs::DeliveryOptions;
use jobs::delivery::FederateToFollowers;

use super::reach;
use crate::context::Context;
use crate::registry::JobError;

pub(in crate::jobs) async fn send(context: &Context, job: FederateToFollowers) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let inboxes = reach::followers(&mut tx, job.account_id).await?;
    jobs::deliver_to(&mut tx, job.account_id, job.json.as_bytes(), &inboxes, DeliveryOptions::default()).await?;
    tx.commit().await?;
    Ok(())
}
