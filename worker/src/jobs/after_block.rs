//! What is left of somebody who was blocked goes.

use jobs::account::AfterBlock;
use services::block;

use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: AfterBlock) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    block::forget(&mut tx, job.account_id, job.target_id).await?;
    tx.commit().await?;
    Ok(())
}
