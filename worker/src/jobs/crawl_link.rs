//! The preview card of the first link in a status. No card is no failure: the web is full of pages without one.

mod candidate;
mod card;
mod page;
mod store;

use std::time::Duration;

use http_client::Url;
use jobs::media::CrawlLink;
use kv::lock;
use kv::trend::{self, Candidate, History};

use crate::context::Context;
use crate::registry::JobError;
use candidate::Subject;

/// Others who post the same link wait so long for the card to be made once.
const WAIT: Duration = Duration::from_secs(10);
const HELD: Duration = Duration::from_mins(2);

pub(super) async fn run(context: &Context, job: CrawlLink) -> Result<(), JobError> {
    let subject = Subject::load(&mut *context.db.acquire().await?, job.status_id).await?;
    let subject = subject.ok_or(JobError::Discard("nothing to preview"))?;
    let posted = subject.link(&context.config.federation).ok_or(JobError::Discard("no link to preview"))?;
    let held = lock::acquire(&context.kv, &format!("fetch:{posted}"), HELD, WAIT).await;
    let card = card_for(context, &subject, &posted).await;
    // A lock that nobody could take or give back lapses by itself.
    if let Ok(Some(held)) = held {
        let _released = lock::release(&context.kv, held).await;
    }
    let Some(card) = card? else { return Err(JobError::Discard("the page has no card")) };
    let mut tx = context.db.begin().await?;
    store::attach(&mut tx, subject.id, card, posted.as_str()).await?;
    tx.commit().await?;
    if let Err(error) = register(context, &subject).await {
        tracing::debug!(target: "ferrodon", %error, card, "a link was not counted");
    }
    Ok(())
}

/// One that is known and fresh, or one made of what the page says.
async fn card_for(context: &Context, subject: &Subject, posted: &Url) -> Result<Option<i64>, JobError> {
    let now = context.clock.now_naive();
    if let Some(known) = store::fresh(&mut *context.db.acquire().await?, posted.as_str(), now).await? {
        return Ok(Some(known));
    }
    let Some(page) = page::fetch(context, posted).await else { return Ok(None) };
    if page.url != *posted
        && let Some(known) = store::fresh(&mut *context.db.acquire().await?, page.url.as_str(), now).await?
    {
        return Ok(Some(known));
    }
    let Some(draft) = card::draft(context, &page, subject.local).await else { return Ok(None) };
    let saved = store::save(&mut *context.db.acquire().await?, &draft, now).await?;
    if let Some(image) = draft.image_url.as_deref().filter(|_| !saved.has_image) {
        store::fetch_image(context, saved.id, image).await?;
    }
    Ok(Some(saved.id))
}

/// Links to articles that everybody may see may trend.
async fn register(context: &Context, subject: &Subject) -> anyhow::Result<()> {
    if !subject.may_trend {
        return Ok(());
    }
    let card = db::preview_cards::trending_of(&mut *context.db.acquire().await?, subject.id).await?;
    let Some(card) = card else { return Ok(()) };
    let now = context.clock.now();
    trend::record(&context.kv, History::Link, &[card], &subject.account_id.to_string(), now).await?;
    Ok(trend::add_candidates(&context.kv, Candidate::Link, &[card], now).await?)
}
