//! What administrators tell everybody.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;

use crate::custom_emoji::Wanted;
use crate::markup::{self, WantedHandles};
use crate::timestamp::Millis;
use crate::{CustomEmoji, Id, Mention, ShallowTag, Status, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Announcement {
    pub id: Id,
    pub content: String,
    pub starts_at: Option<Millis>,
    pub ends_at: Option<Millis>,
    pub all_day: bool,
    pub published_at: Option<Millis>,
    pub updated_at: Millis,
    /// If somebody is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    pub mentions: Vec<Mention>,
    pub statuses: Vec<Status>,
    pub tags: Vec<ShallowTag>,
    pub emojis: Vec<CustomEmoji>,
    pub reactions: Vec<Reaction>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Reaction {
    pub name: String,
    pub count: i64,
    /// If somebody is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub me: Option<bool>,
    /// These two of custom emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_url: Option<String>,
}

struct AnnouncementRow {
    id: i64,
    text: String,
    starts_at: Option<NaiveDateTime>,
    ends_at: Option<NaiveDateTime>,
    all_day: bool,
    published_at: Option<NaiveDateTime>,
    updated_at: NaiveDateTime,
    status_ids: Option<Vec<StatusId>>,
    read: bool,
}

impl Announcement {
    /// In the order of `ids`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = rows(conn, viewer, ids).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let (mut handles, mut emojis) = (WantedHandles::default(), Wanted::default());
        for row in &rows {
            handles.add(&row.text, urls);
            emojis.add(&row.text, None);
        }
        let handles = handles.find(conn).await?;
        let emojis = emojis.find(conn, urls).await?;
        let linked: Vec<StatusId> = rows.iter().flat_map(|row| row.status_ids.iter().flatten().copied()).collect();
        let visible = db::statuses::visible(conn, None, &linked).await?;
        let statuses = Status::load_many(conn, urls, viewer, &visible).await?;
        let mut reactions = reactions(conn, urls, viewer, ids).await?;
        Ok(rows
            .iter()
            .map(|row| Self {
                id: Id(row.id),
                content: markup::html(&row.text, true, urls, &handles),
                starts_at: row.starts_at.map(Millis),
                ends_at: row.ends_at.map(Millis),
                all_day: row.all_day,
                published_at: row.published_at.map(Millis),
                updated_at: Millis(row.updated_at),
                read: viewer.map(|_| row.read),
                mentions: handles.mentioned_in(&row.text, urls),
                statuses: statuses
                    .iter()
                    .filter(|status| row.status_ids.iter().flatten().any(|id| *id == status.id.0))
                    .cloned()
                    .collect(),
                tags: tags(&row.text, urls),
                emojis: emojis.in_texts([row.text.as_str()], None),
                reactions: reactions.remove(&row.id).unwrap_or_default(),
            })
            .collect())
    }
}

/// Hashtags of a text, each once.
fn tags(text: &str, urls: &Urls) -> Vec<ShallowTag> {
    let mut names: Vec<String> = Vec::new();
    for name in text::hashtag::extract(text).into_iter().map(text::hashtag::normalize) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.iter().map(|name| ShallowTag::new(name, urls)).collect()
}

async fn rows(conn: &mut PgConnection, viewer: Option<AccountId>, ids: &[i64]) -> Result<Vec<AnnouncementRow>, sqlx::Error> {
    sqlx::query_as!(
        AnnouncementRow,
        r#"
        SELECT a.id AS "id!", a.text AS "text!", a.starts_at, a.ends_at, a.all_day AS "all_day!", a.published_at,
               a.updated_at AS "updated_at!", a.status_ids,
               EXISTS (SELECT 1 FROM announcement_mutes m WHERE m.announcement_id = a.id AND m.account_id = $2) AS "read!"
        FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN announcements a ON a.id = asked.id
        ORDER BY asked.place
        "#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await
}

/// By announcement, in the order in which each name was first used.
async fn reactions(
    conn: &mut PgConnection,
    urls: &Urls,
    viewer: Option<AccountId>,
    ids: &[i64],
) -> Result<HashMap<i64, Vec<Reaction>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT r.announcement_id AS "announcement_id!", r.name AS "name!", count(*) AS "count!",
               COALESCE(bool_or(r.account_id = $2), false) AS "me!",
               e.id AS "emoji_id?", e.image_file_name AS "file_name?"
        FROM announcement_reactions r LEFT JOIN custom_emojis e ON e.id = r.custom_emoji_id
        WHERE r.announcement_id = ANY($1)
        GROUP BY r.announcement_id, r.name, e.id, e.image_file_name
        ORDER BY min(r.created_at)
        "#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await?;
    let mut reactions: HashMap<i64, Vec<Reaction>> = HashMap::new();
    for row in rows {
        let file = row.emoji_id.zip(row.file_name);
        let url = |style: &str| {
            let kind = media::paths::Attachment::CustomEmojiImage;
            file.as_ref().map(|(id, name)| urls.file(kind, *id, style, name, false))
        };
        reactions.entry(row.announcement_id).or_default().push(Reaction {
            me: viewer.map(|_| row.me),
            url: url("original"),
            static_url: url("static"),
            name: row.name,
            count: row.count,
        });
    }
    Ok(reactions)
}
