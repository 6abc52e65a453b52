//! Somebody blocked a whole server: what tied them to accounts there ends.

use jobs::account::AfterDomainBlock;
use services::{Error, block_domain};

use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: AfterDomainBlock) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    match block_domain::sever(&mut tx, &context.renderer, job.account_id, &job.domain).await {
        Err(Error::NotFound) => Err(JobError::Discard("the account is gone")),
        done => {
            done?;
            tx.commit().await?;
            Ok(())
        }
    }
}
