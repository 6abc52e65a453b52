//! A finished document to all followers.

use jobs::DeliveryOptions;
use jobs::delivery::FederateToFollowers;

use super::{deliver, reach};
use crate::context::Context;
use crate::registry::JobError;

pub(in crate::jobs) async fn send(context: &Context, job: FederateToFollowers) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let inboxes = reach::followers(&mut tx, job.account_id).await?;
    let document = serde_json::from_str(&job.json)?;
    deliver(&mut tx, context, job.account_id, document, job.sign, &inboxes, DeliveryOptions::default()).await?;
    tx.commit().await?;
    Ok(())
}
