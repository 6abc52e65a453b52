//! What a rule about a whole server does to its accounts. Each piece holds the row of the rule: whoever changes the rule meanwhile
//! waits for the piece, and has asked for a run of their own.

use db::Tx;
use db::domain_blocks::{self, DomainBlockRow, Severity};
use jobs::account::DeleteAccount;
use jobs::domain::{ApplyDomainBlock, LiftDomainBlock};
use services::moderate_domain;

use crate::context::Context;
use crate::registry::JobError;

const GONE: JobError = JobError::Discard("the rule is gone");

pub(crate) async fn run(context: &Context, job: ApplyDomainBlock) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let rule = domain_blocks::held(&mut tx, job.domain_block_id).await?.ok_or(GONE)?;
    let domains = domain_blocks::known_below(&mut tx, &rule.domain).await?;
    tx.commit().await?;
    loop {
        let Some(mut tx) = piece(context, &rule).await? else { return Ok(()) };
        let more = moderate_domain::apply(&mut tx, &rule, &domains).await?;
        tx.commit().await?;
        if !more {
            break;
        }
    }
    if rule.severity == Severity::Suspend {
        part(context, &job, &rule, &domains).await?;
    }
    Ok(())
}

/// A transaction that holds the rule; `None` if that is another by now.
async fn piece(context: &Context, rule: &DomainBlockRow) -> Result<Option<Tx>, JobError> {
    let mut tx = context.db.begin().await?;
    let held = domain_blocks::held(&mut tx, rule.id).await?;
    Ok(held.is_some_and(|held| held.severity == rule.severity).then_some(tx))
}

/// The ties first, while the accounts can still be told; then all that the accounts left here.
async fn part(context: &Context, job: &ApplyDomainBlock, rule: &DomainBlockRow, domains: &[String]) -> Result<(), JobError> {
    let mut after = i64::MIN;
    loop {
        let mut conn = context.db.acquire().await?;
        let accounts = moderate_domain::suspended_accounts(&mut conn, domains, rule.created_at, after).await?;
        drop(conn);
        let Some(last) = accounts.last().copied() else { break };
        loop {
            let Some(mut tx) = piece(context, rule).await? else { return Ok(()) };
            let more = moderate_domain::sever(&mut tx, &context.renderer, &accounts, rule, job.since).await?;
            tx.commit().await?;
            if !more {
                break;
            }
        }
        let deletions: Vec<DeleteAccount> = accounts.into_iter().map(|account| deletion(account, rule.id)).collect();
        let Some(mut tx) = piece(context, rule).await? else { return Ok(()) };
        jobs::enqueue_many(&mut tx, &deletions).await?;
        tx.commit().await?;
        after = last;
    }
    loop {
        let Some(mut tx) = piece(context, rule).await? else { return Ok(()) };
        let people = moderate_domain::tell_severed(&mut tx, rule, job.since).await?;
        let emojis = moderate_domain::clear_emojis(&mut tx, &rule.domain).await?;
        tx.commit().await?;
        if !(people || emojis) {
            return Ok(());
        }
    }
}

/// The row stays, and with it the suspension.
fn deletion(account_id: db::AccountId, rule: i64) -> DeleteAccount {
    DeleteAccount { account_id, reserve_username: true, free_address: false, skip_activitypub: true, domain_block: Some(rule) }
}

pub(crate) async fn lift(context: &Context, job: LiftDomainBlock) -> Result<(), JobError> {
    let domains = domain_blocks::known_below(&mut *context.db.acquire().await?, &job.domain).await?;
    loop {
        let mut tx = context.db.begin().await?;
        let more = moderate_domain::free(&mut tx, &domains, job.imposed_at).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
