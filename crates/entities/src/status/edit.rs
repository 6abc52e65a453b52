//! Earlier wordings of a status, and what was typed.

use serde::Serialize;

use super::Quote;
use crate::timestamp::Millis;
use crate::{Account, CustomEmoji, Id, MediaAttachment, Shared};

#[derive(Debug, Clone, Serialize)]
pub struct StatusEdit {
    pub content: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub created_at: Millis,
    pub account: Shared<Account>,
    /// With the descriptions of that revision.
    pub media_attachments: Vec<MediaAttachment>,
    pub emojis: Vec<CustomEmoji>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Option<Quote>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollTitles>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PollTitles {
    pub options: Vec<TitleOnly>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TitleOnly {
    pub title: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct StatusSource {
    pub id: Id,
    pub text: String,
    pub spoiler_text: String,
}
