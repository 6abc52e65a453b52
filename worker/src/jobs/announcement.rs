//! Announcements appear and go in open streams.

use chrono::Duration;
use db::{AccountId, StatusId};
use entities::Announcement;
use inbox::Found;
use jobs::feed::{PublishAnnouncement, WithdrawAnnouncement};
use kv::publish::{Channel, Message, publish as publish_messages, subscribed};

use crate::context::Context;
use crate::registry::JobError;

const BATCH: i64 = 1_000;
const GONE: JobError = JobError::Discard("the announcement is gone, or put off");

/// The posts that its text links to are shown below it; they are looked up first.
pub(super) async fn publish(context: &Context, job: PublishAnnouncement) -> Result<(), JobError> {
    let id = job.announcement_id;
    let row = sqlx::query!("SELECT text, published, scheduled_at FROM announcements WHERE id = $1", id)
        .fetch_optional(&mut *context.db.acquire().await?)
        .await?
        .ok_or(GONE)?;
    let now = context.clock.now_naive();
    if !row.published && row.scheduled_at.is_none_or(|at| at > now) {
        return Err(GONE);
    }
    let linked = linked_statuses(context, &row.text).await;
    let mut tx = context.db.begin().await?;
    sqlx::query!(
        r#"
        UPDATE announcements SET status_ids = $2, updated_at = $3, published = true, published_at = COALESCE(published_at, $3),
          scheduled_at = CASE WHEN published THEN scheduled_at END
        WHERE id = $1 AND (NOT published OR status_ids IS DISTINCT FROM $2)
        "#,
        id,
        &linked,
        now
    )
    .execute(&mut *tx)
    .await?;
    let announcement = Announcement::load_many(&mut tx, &context.urls, None, &[id]).await?.pop().ok_or(GONE)?;
    tx.commit().await?;
    tell_everybody(context, &Message::new("announcement", &announcement)?).await
}

/// What cannot be had is not shown; the announcement does not wait for it.
async fn linked_statuses(context: &Context, text: &str) -> Vec<StatusId> {
    let mut ids = Vec::new();
    for link in text::link::urls(text) {
        if let Ok(Some(Found::Status(id))) = inbox::resolve_url(&context.inbox(), link.value(text)).await
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    ids
}

pub(super) async fn withdraw(context: &Context, job: WithdrawAnnouncement) -> Result<(), JobError> {
    tell_everybody(context, &Message::new("announcement.delete", &job.announcement_id.to_string())?).await
}

/// The home streams of everybody who was here lately and listens.
pub(super) async fn tell_everybody(context: &Context, message: &Message) -> Result<(), JobError> {
    let since = context.clock.now_naive() - Duration::days(context.config.federation.user_active_days);
    let mut cursor: AccountId = 0;
    loop {
        let accounts = sqlx::query_scalar!(
            "SELECT account_id FROM users WHERE current_sign_in_at > $1 AND account_id > $2 ORDER BY account_id LIMIT $3",
            since,
            cursor,
            BATCH
        )
        .fetch_all(&mut *context.db.acquire().await?)
        .await?;
        let Some(last) = accounts.last() else { return Ok(()) };
        cursor = *last;
        let channels: Vec<Channel> = accounts.iter().map(|account| Channel::Home(*account)).collect();
        let listening = subscribed(&context.kv, &channels).await?;
        let wanted = channels.into_iter().zip(listening).filter(|(_, listening)| *listening);
        let messages: Vec<(Channel, Message)> = wanted.map(|(channel, _)| (channel, message.clone())).collect();
        publish_messages(&context.kv, &messages).await?;
    }
}
