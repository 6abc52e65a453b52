//! Figures about what is posted. Losing some costs nothing, so that no failure is worth another run.

use db::StatusId;
use db::statuses::Visibility;
use kv::activity::{self, Counter};
use kv::trend::{self, Candidate, History};
use services::count_hashtags::count_hashtags;

use super::subject::Subject;
use crate::context::Context;

pub(super) async fn register(context: &Context, subject: &Subject) {
    if let Err(error) = try_register(context, subject).await {
        tracing::debug!(target: "ferrodon", %error, status = subject.id, "a status was not counted");
    }
}

async fn try_register(context: &Context, subject: &Subject) -> anyhow::Result<()> {
    if subject.author_is_local {
        let counter = if subject.reblog_of.is_some() { Counter::Interactions } else { Counter::Statuses };
        activity::increment(&context.kv, counter, subject.created_at.and_utc()).await?;
    }
    if let Some(original) = subject.reblog_of {
        return boosted(context, subject, original).await;
    }
    if subject.is_broadcastable() && !subject.tags.is_empty() {
        count_hashtags(&mut *context.db.acquire().await?, &context.kv, subject.id).await?;
    }
    Ok(())
}

/// A boost speaks for the status, and, if everybody may see it, for the link in it.
async fn boosted(context: &Context, subject: &Subject, original: StatusId) -> anyhow::Result<()> {
    let mut conn = context.db.acquire().await?;
    let row = sqlx::query!(
        r#"
        SELECT NOT s.sensitive AND s.spoiler_text = '' AND a.silenced_at IS NULL AS "clean!"
        FROM statuses s JOIN accounts a ON a.id = s.account_id
        WHERE s.id = $1 AND s.deleted_at IS NULL AND s.visibility = 0
        "#,
        original
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let speaks = row.clean && subject.visibility == Visibility::Public && !subject.author_is_silenced;
    let link = if speaks { db::preview_cards::trending_of(&mut conn, original).await? } else { None };
    drop(conn);
    let now = context.clock.now();
    trend::add_candidates(&context.kv, Candidate::Status, &[original], now).await?;
    if let Some(link) = link {
        trend::record(&context.kv, History::Link, &[link], &subject.account_id.to_string(), now).await?;
        trend::add_candidates(&context.kv, Candidate::Link, &[link], now).await?;
    }
    Ok(())
}
