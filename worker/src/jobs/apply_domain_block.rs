//! What a rule about a whole server does to its accounts. Each piece holds the row of the rule: whoever changes the rule meanwhile
//! waits for the piece, and has asked for a run of their own.

use db::domain_blocks::{self, DomainBlockRow, Severity};
use db::{AccountId, Tx};
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
    for domain in &domains {
        let mut after = i64::MIN;
        loop {
            let Some(mut tx) = piece(context, &rule).await? else { return Ok(()) };
            let accounts = moderate_domain::next_accounts(&mut tx, domain, after).await?;
            let Some(last) = accounts.last().copied() else { break };
            let suspended = moderate_domain::apply(&mut tx, &rule, &accounts).await?;
            tx.commit().await?;
            part(context, &job, &rule, suspended).await?;
            after = last;
        }
    }
    if rule.severity == Severity::Suspend {
        finish(context, &job, &rule).await?;
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
async fn part(
    context: &Context,
    job: &ApplyDomainBlock,
    rule: &DomainBlockRow,
    suspended: Vec<AccountId>,
) -> Result<(), JobError> {
    if suspended.is_empty() {
        return Ok(());
    }
    loop {
        let Some(mut tx) = piece(context, rule).await? else { return Ok(()) };
        let more = moderate_domain::sever(&mut tx, &context.renderer, &suspended, rule, job.since).await?;
        tx.commit().await?;
        if !more {
            break;
        }
    }
    let deletions: Vec<DeleteAccount> = suspended.into_iter().map(|account| deletion(account, rule.id)).collect();
    let Some(mut tx) = piece(context, rule).await? else { return Ok(()) };
    jobs::enqueue_many(&mut tx, &deletions).await?;
    tx.commit().await?;
    Ok(())
}

/// When nothing more can end, people are told what has ended.
async fn finish(context: &Context, job: &ApplyDomainBlock, rule: &DomainBlockRow) -> Result<(), JobError> {
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
fn deletion(account_id: AccountId, rule: i64) -> DeleteAccount {
    DeleteAccount { account_id, reserve_username: true, free_address: false, skip_activitypub: true, domain_block: Some(rule) }
}

pub(crate) async fn lift(context: &Context, job: LiftDomainBlock) -> Result<(), JobError> {
    let domains = domain_blocks::known_below(&mut *context.db.acquire().await?, &job.domain).await?;
    for domain in &domains {
        let mut after = i64::MIN;
        loop {
            let mut tx = context.db.begin().await?;
            let accounts = moderate_domain::next_accounts(&mut tx, domain, after).await?;
            let Some(last) = accounts.last().copied() else { break };
            moderate_domain::free(&mut tx, &accounts, job.imposed_at).await?;
            tx.commit().await?;
            after = last;
        }
    }
    Ok(())
}
