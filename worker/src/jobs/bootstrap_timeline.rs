//! Somebody was confirmed and let in.

use jobs::account::BootstrapTimeline;
use services::greet::greet;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: BootstrapTimeline) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    if !greet(&mut tx, &context.renderer, job.account_id).await? {
        return Err(JobError::Discard("the account is gone"));
    }
    tx.commit().await?;
    Ok(())
}
