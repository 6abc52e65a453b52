//! Has people here follow an account anew whose server forgot them, one transaction each, so that a run that was broken off goes on.

use jobs::account::Refollow;
use services::move_followers::followers;
use services::refollow::refollow;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: Refollow) -> Result<(), JobError> {
    let target = job.account_id;
    // Requests may be granted while this runs; those follows are new.
    let newest = sqlx::query_scalar!("SELECT max(id) FROM follows WHERE target_account_id = $1", target)
        .fetch_one(&mut *context.db.acquire().await?)
        .await?
        .unwrap_or(0);
    let mut after = 0;
    loop {
        let batch = followers(&mut *context.db.acquire().await?, target, after).await?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = last.follow_id;
        for follower in batch.iter().filter(|follower| follower.follow_id <= newest) {
            let mut tx = context.db.begin().await?;
            if refollow(&mut tx, &context.renderer, follower, target).await? {
                tx.commit().await?;
            }
        }
        if after >= newest {
            return Ok(());
        }
    }
}
