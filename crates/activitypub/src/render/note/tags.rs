//! What a status names: mentions, hashtags, custom emojis.

use db::time;
use serde_json::{Value, json};

use super::load::{EmojiRow, MentionRow, Rows, StatusRow};
use crate::render::{Renderer, Terms};

impl Renderer {
    pub(super) fn tags(&self, status: &StatusRow, mentions: &[&MentionRow], rows: &Rows, terms: &mut Terms) -> Value {
        let mut tags: Vec<Value> = mentions
            .iter()
            .filter(|mention| !mention.silent)
            .map(|mention| {
                let domain = mention.domain.as_deref();
                let name = match domain {
                    Some(domain) => format!("@{}@{domain}", mention.username),
                    None => format!("@{}", mention.username),
                };
                json!({"type": "Mention", "href": self.mentioned_uri(mention), "name": name})
            })
            .collect();
        for tag in rows.tags.iter().filter(|tag| tag.status_id == status.id) {
            terms.hashtag = true;
            tags.push(json!({"type": "Hashtag", "href": self.uris.tag(&tag.name), "name": format!("#{}", tag.name)}));
        }
        let used: Vec<&str> = text::emoji::shortcodes(&status.spoiler_text)
            .into_iter()
            .chain(text::emoji::shortcodes(&status.text))
            .chain(
                rows.polls
                    .iter()
                    .filter(|p| p.status_id == status.id)
                    .flat_map(|p| p.options.iter().flat_map(|option| text::emoji::shortcodes(option))),
            )
            .collect();
        for emoji in
            rows.emojis.iter().filter(|emoji| emoji.domain == status.account_domain && used.contains(&emoji.shortcode.as_str()))
        {
            terms.emoji = true;
            // The picture of an emoji is an image object, whose terms come with it.
            terms.focal_point = true;
            tags.push(self.emoji(emoji));
        }
        Value::Array(tags)
    }

    /// A custom emoji as a tag, in notes and in actors.
    pub(in crate::render) fn emoji(&self, emoji: &EmojiRow) -> Value {
        let id = match &emoji.domain {
            None => format!("{}/emojis/{}", self.uris.base(), emoji.id),
            Some(_) => emoji.uri.clone().unwrap_or_default(),
        };
        let cached = media::paths::cached(emoji.image_storage_schema_version, emoji.domain.is_some());
        let file = emoji.image_file_name.as_deref().unwrap_or_default();
        let path = media::paths::attachment(media::paths::Attachment::CustomEmojiImage, emoji.id, "original", file, cached);
        json!({
            "id": id,
            "type": "Emoji",
            "name": format!(":{}:", emoji.shortcode),
            "updated": time::seconds(emoji.updated_at),
            "icon": {"type": "Image", "mediaType": emoji.image_content_type, "url": format!("{}/{path}", self.files)},
        })
    }
}
