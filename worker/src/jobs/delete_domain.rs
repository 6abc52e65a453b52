//! A server that is no longer allowed: all that is known of it goes. Ends early if it is allowed again.

use jobs::account::DeleteAccount;
use jobs::domain::DeleteDomain;
use services::moderate_domain;

use crate::context::Context;
use crate::registry::JobError;

/// Accounts of one piece.
const PIECE: i64 = 100;

pub(crate) async fn run(context: &Context, job: DeleteDomain) -> Result<(), JobError> {
    loop {
        let mut tx = context.db.begin().await?;
        let more = moderate_domain::suspend_disallowed(&mut tx, &job.domain).await?;
        tx.commit().await?;
        match more {
            Some(true) => {}
            Some(false) => break,
            None => return Err(JobError::Discard("the server is allowed again")),
        }
    }
    let mut after = i64::MIN;
    loop {
        let accounts = sqlx::query_scalar!(
            "SELECT id FROM accounts WHERE domain = $1 AND suspended_at IS NOT NULL AND id > $2 ORDER BY id LIMIT $3",
            job.domain,
            after,
            PIECE
        )
        .fetch_all(&mut *context.db.acquire().await?)
        .await?;
        let Some(last) = accounts.last().copied() else { return Ok(()) };
        loop {
            let mut tx = context.db.begin().await?;
            let more = moderate_domain::sever_silently(&mut tx, &context.renderer, &accounts).await?;
            tx.commit().await?;
            if !more {
                break;
            }
        }
        let mut tx = context.db.begin().await?;
        let deletions: Vec<DeleteAccount> = accounts.into_iter().map(deletion).collect();
        jobs::enqueue_many(&mut tx, &deletions).await?;
        tx.commit().await?;
        after = last;
    }
}

fn deletion(account_id: db::AccountId) -> DeleteAccount {
    DeleteAccount { account_id, reserve_username: false, free_address: false, skip_activitypub: true, domain_block: None }
}
