//! A mute has run out: who is followed comes back into the feeds.

use jobs::account::ExpireMute;
use services::mute;

use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: ExpireMute) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    if !mute::expire(&mut tx, job.account_id, job.target_id, context.clock.now_naive()).await? {
        return Err(JobError::Discard("the mute is gone or was prolonged"));
    }
    tx.commit().await?;
    Ok(())
}
