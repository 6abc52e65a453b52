//! A server that is no longer allowed: all that is known of it goes. Ends early if it is allowed again.

use jobs::account::DeleteAccount;
use jobs::domain::DeleteDomain;
use services::moderate_domain;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: DeleteDomain) -> Result<(), JobError> {
    let mut after = i64::MIN;
    loop {
        let mut tx = context.db.begin().await?;
        let accounts = moderate_domain::next_accounts(&mut tx, &job.domain, after).await?;
        let Some(last) = accounts.last().copied() else { return Ok(()) };
        if !moderate_domain::suspend_disallowed(&mut tx, &job.domain, &accounts).await? {
            return Err(JobError::Discard("the server is allowed again"));
        }
        tx.commit().await?;
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
