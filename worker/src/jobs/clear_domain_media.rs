//! Files of a server whose media are rejected. Ends early if they no longer are.

use db::{AccountId, Tx, domain_blocks};
use jobs::domain::ClearDomainMedia;
use services::moderate_domain;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: ClearDomainMedia) -> Result<(), JobError> {
    let Some((mut tx, domain)) = piece(context, &job).await? else { return Err(JobError::Discard("the media are taken again")) };
    let domains = domain_blocks::known_below(&mut tx, &domain).await?;
    tx.commit().await?;
    loop {
        let Some((mut tx, domain)) = piece(context, &job).await? else { return Ok(()) };
        let more = moderate_domain::clear_emojis(&mut tx, &domain).await?;
        tx.commit().await?;
        if !more {
            break;
        }
    }
    for domain in &domains {
        let mut after = i64::MIN;
        loop {
            let Some((mut tx, _)) = piece(context, &job).await? else { return Ok(()) };
            let accounts = moderate_domain::next_accounts(&mut tx, domain, after).await?;
            let Some(last) = accounts.last().copied() else { break };
            moderate_domain::clear_pictures(&mut tx, &accounts).await?;
            tx.commit().await?;
            attachments(context, &job, &accounts).await?;
            after = last;
        }
    }
    Ok(())
}

async fn attachments(context: &Context, job: &ClearDomainMedia, accounts: &[AccountId]) -> Result<(), JobError> {
    loop {
        let Some((mut tx, _)) = piece(context, job).await? else { return Ok(()) };
        let more = moderate_domain::clear_attachments(&mut tx, accounts).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}

async fn piece(context: &Context, job: &ClearDomainMedia) -> Result<Option<(Tx, String)>, JobError> {
    let mut tx = context.db.begin().await?;
    let rule = domain_blocks::held(&mut tx, job.domain_block_id).await?.filter(|rule| rule.reject_media);
    Ok(rule.map(|rule| (tx, rule.domain)))
}
