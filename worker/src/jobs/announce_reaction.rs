//! How often an announcement was answered with an emoji, for all open home streams.

use chrono::Duration;
use db::AccountId;
use jobs::feed::AnnounceReaction;
use kv::publish::{Channel, Message, publish, subscribed};
use media::paths::Attachment;
use serde::Serialize;

use crate::context::Context;
use crate::registry::JobError;

const BATCH: i64 = 1_000;

#[derive(Debug, Serialize)]
struct Reaction {
    name: String,
    count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    static_url: Option<String>,
    announcement_id: String,
}

pub(super) async fn run(context: &Context, job: AnnounceReaction) -> Result<(), JobError> {
    let message = Message::new("announcement.reaction", &reaction(context, job).await?)?;
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
        publish(&context.kv, &messages).await?;
    }
}

async fn reaction(context: &Context, job: AnnounceReaction) -> Result<Reaction, JobError> {
    let row = sqlx::query!(
        r#"
        SELECT count(r.id) AS "count!", max(e.id) AS emoji_id, max(e.image_file_name) AS file_name
        FROM announcement_reactions r LEFT JOIN custom_emojis e ON e.id = r.custom_emoji_id
        WHERE r.announcement_id = $1 AND r.name = $2
        "#,
        job.announcement_id,
        job.name
    )
    .fetch_one(&mut *context.db.acquire().await?)
    .await?;
    let emoji = row.emoji_id.zip(row.file_name);
    let url =
        |style: &str| emoji.as_ref().map(|(id, name)| context.urls.file(Attachment::CustomEmojiImage, *id, style, name, false));
    Ok(Reaction {
        count: row.count,
        url: url("original"),
        static_url: url("static"),
        announcement_id: job.announcement_id.to_string(),
        name: job.name,
    })
}
