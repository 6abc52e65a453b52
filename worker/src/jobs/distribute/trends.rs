//! Figures about what is posted. Losing some costs nothing, so that no failure is worth another run.

use kv::activity::{self, Counter};
use services::count_hashtags::count_hashtags;

use super::subject::Subject;
use crate::context::Context;

pub(super) async fn register(context: &Context, subject: &Subject) {
    if let Err(error) = try_register(context, subject).await {
        tracing::debug!(target: "ferrodon", %error, status = subject.id, "a status was not counted");
    }
}

async fn try_register(context: &Context, subject: &Subject) -> anyhow::Result<()> {
    let at = subject.created_at.and_utc();
    if subject.author_is_local {
        let counter = if subject.reblog_of.is_some() { Counter::Interactions } else { Counter::Statuses };
        activity::increment(&context.kv, counter, at).await?;
    }
    if subject.is_broadcastable() && !subject.tags.is_empty() {
        count_hashtags(&mut *context.db.acquire().await?, &context.kv, subject.id).await?;
    }
    Ok(())
}
