//! How often an announcement was answered with an emoji, for all open home streams.

use jobs::feed::AnnounceReaction;
use kv::publish::Message;
use media::paths::Attachment;
use serde::Serialize;

use super::announcement::tell_everybody;
use crate::context::Context;
use crate::registry::JobError;

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
    tell_everybody(context, &Message::new("announcement.reaction", &reaction(context, job).await?)?).await
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
