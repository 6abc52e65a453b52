//! A mute has run out: who is followed comes back into the feeds.

use jobs::account::ExpireMute;
use jobs::feed::{Feed, MergeFeed};

use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: ExpireMute) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let gone = sqlx::query!(
        "DELETE FROM mutes WHERE account_id = $1 AND target_account_id = $2 AND expires_at <= $3",
        job.account_id,
        job.target_id,
        context.clock.now_naive()
    )
    .execute(&mut *tx)
    .await?;
    if gone.rows_affected() == 0 {
        return Err(JobError::Discard("the mute is gone or was prolonged"));
    }
    let lists = sqlx::query_scalar!(
        r#"
        SELECT l.id FROM lists l JOIN list_accounts la ON la.list_id = l.id AND la.account_id = $2 AND la.follow_id IS NOT NULL
        WHERE l.account_id = $1
        "#,
        job.account_id,
        job.target_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let follows = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM follows WHERE account_id = $1 AND target_account_id = $2) AS "follows!""#,
        job.account_id,
        job.target_id
    )
    .fetch_one(&mut *tx)
    .await?;
    let home = follows.then_some(Feed::Home(job.account_id));
    let merges: Vec<MergeFeed> =
        home.into_iter().chain(lists.into_iter().map(Feed::List)).map(|into| MergeFeed { from: job.target_id, into }).collect();
    jobs::enqueue_many(&mut tx, &merges).await?;
    tx.commit().await?;
    Ok(())
}
