//! Figures about what is posted. Losing some costs nothing, so that no failure is worth another run.

use kv::activity::{self, Counter};
use kv::trend::{self, Candidate, History};

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
    if subject.is_broadcastable() {
        let tags = usable_tags(context, subject).await?;
        trend::record(&context.kv, History::Tag, &tags, &subject.account_id.to_string(), at).await?;
        trend::add_candidates(&context.kv, Candidate::Tag, &tags, at).await?;
    }
    Ok(())
}

/// Without those that administrators forbade.
async fn usable_tags(context: &Context, subject: &Subject) -> anyhow::Result<Vec<i64>> {
    let tags: Vec<i64> = subject.tags.iter().map(|(id, _)| *id).collect();
    if tags.is_empty() {
        return Ok(tags);
    }
    let mut conn = context.db.acquire().await?;
    Ok(sqlx::query_scalar!("SELECT id FROM tags WHERE id = ANY($1) AND usable IS NOT FALSE", &tags).fetch_all(&mut *conn).await?)
}
