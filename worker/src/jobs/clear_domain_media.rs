//! Files of a server whose media are rejected. Ends early if they no longer are.

use db::Tx;
use db::domain_blocks;
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
        let pictures = moderate_domain::clear_pictures(&mut tx, &domains).await?;
        let emojis = moderate_domain::clear_emojis(&mut tx, &domain).await?;
        tx.commit().await?;
        if !(pictures || emojis) {
            break;
        }
    }
    let mut after = i64::MIN;
    loop {
        let Some((mut tx, _)) = piece(context, &job).await? else { return Ok(()) };
        let next = moderate_domain::clear_attachments(&mut tx, &domains, after).await?;
        tx.commit().await?;
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

async fn piece(context: &Context, job: &ClearDomainMedia) -> Result<Option<(Tx, String)>, JobError> {
    let mut tx = context.db.begin().await?;
    let rule = domain_blocks::held(&mut tx, job.domain_block_id).await?.filter(|rule| rule.reject_media);
    Ok(rule.map(|rule| (tx, rule.domain)))
}
