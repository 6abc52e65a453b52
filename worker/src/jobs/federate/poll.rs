//! How a local poll stands after votes.

use jobs::delivery::FederatePoll;

use super::status;
use crate::context::Context;
use crate::registry::JobError;

pub(in crate::jobs) async fn update(context: &Context, job: FederatePoll) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    status::poll(&mut tx, context, job.status_id).await?;
    tx.commit().await?;
    Ok(())
}
