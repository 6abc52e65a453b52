//! Takes everybody of ours along who had to do with an account that moved, one transaction each, so that a run that was broken
//! off goes on.

use jobs::account::MoveFollowers;
use services::Error;
use services::move_followers::{self, Move};

use crate::context::Context;
use crate::registry::JobError;

const GONE: JobError = JobError::Discard("one of both accounts is gone");

pub(crate) async fn run(context: &Context, job: MoveFollowers) -> Result<(), JobError> {
    let moved = Move { source: job.source_id, target: job.target_id };
    let mut after = 0;
    loop {
        let batch = move_followers::followers(&mut *context.db.acquire().await?, moved.source, after).await?;
        let Some(last) = batch.last() else { break };
        after = last.follow_id;
        for follower in &batch {
            let mut tx = context.db.begin().await?;
            if move_followers::take_along(&mut tx, &context.renderer, moved, follower).await? {
                tx.commit().await?;
            }
        }
    }
    loop {
        let mut tx = context.db.begin().await?;
        let more = match move_followers::copy_notes(&mut tx, moved).await {
            Err(Error::NotFound) => return Err(GONE),
            done => done?,
        };
        tx.commit().await?;
        if !more {
            break;
        }
    }
    loop {
        let mut tx = context.db.begin().await?;
        let more = move_followers::carry_over(&mut tx, &context.renderer, moved).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
