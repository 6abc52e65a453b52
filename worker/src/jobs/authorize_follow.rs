//! An account was unlocked: a request that waited is accepted.

use jobs::account::AuthorizeFollow;
use services::{Error, follow_requests};

use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: AuthorizeFollow) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    match follow_requests::authorize(&mut tx, &context.renderer, job.target_id, job.source_id).await {
        Err(Error::NotFound) => Err(JobError::Discard("the request was withdrawn or answered")),
        done => {
            done?;
            tx.commit().await?;
            Ok(())
        }
    }
}
