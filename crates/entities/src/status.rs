//! Statuses with everything that hangs on them.

mod build;
mod edit;
mod load;

use serde::Serialize;

pub use edit::{PollTitles, StatusEdit, StatusSource, TitleOnly};

use crate::approval::Approval;
use crate::timestamp::Millis;
use crate::{
    Account, Collection, CustomEmoji, FilterResult, Id, MediaAttachment, Mention, Poll, PreviewCard, ShallowTag, Shared,
};

#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub id: Id,
    pub created_at: Millis,
    pub in_reply_to_id: Option<Id>,
    pub in_reply_to_account_id: Option<Id>,
    pub sensitive: bool,
    pub spoiler_text: String,
    pub visibility: &'static str,
    pub language: Option<String>,
    pub uri: String,
    pub url: Option<String>,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub quotes_count: i64,
    pub edited_at: Option<Millis>,
    /// The following are there if somebody is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub favourited: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reblogged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bookmarked: Option<bool>,
    /// Only of the viewer's own statuses that can be pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// HTML. Absent where [`Status::text`] is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtered: Option<Vec<FilterResult>>,
    /// What the author typed; only in the answer to a deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub reblog: Option<Box<Status>>,
    /// Left out if the author hides it from the viewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Option<StatusApplication>>,
    pub account: Shared<Account>,
    pub media_attachments: Vec<MediaAttachment>,
    pub mentions: Vec<Mention>,
    pub tags: Vec<ShallowTag>,
    pub emojis: Vec<CustomEmoji>,
    pub tagged_collections: Vec<Collection>,
    pub quote: Option<Quote>,
    pub card: Option<PreviewCard>,
    pub poll: Option<Poll>,
    pub quote_approval: Approval,
}

/// What it was posted with.
#[derive(Debug, Clone, Serialize)]
pub struct StatusApplication {
    pub name: String,
    pub website: Option<String>,
}

/// A quoted status; inside another quote only its id.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Quote {
    Full { state: QuoteState, quoted_status: Option<Box<Status>> },
    Shallow { state: QuoteState, quoted_status_id: Option<Id> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteState {
    Pending,
    Accepted,
    Rejected,
    Revoked,
    Deleted,
    /// The viewer may not see it.
    Unauthorized,
    BlockedAccount,
    BlockedDomain,
    MutedAccount,
}

impl QuoteState {
    /// `quotes.state`.
    #[must_use]
    pub fn from_column(value: i32) -> Self {
        match value {
            1 => Self::Accepted,
            2 => Self::Rejected,
            3 => Self::Revoked,
            4 => Self::Deleted,
            _ => Self::Pending,
        }
    }
}

/// The thread around a status.
#[derive(Debug, Clone, Serialize)]
pub struct Context {
    pub ancestors: Vec<Status>,
    pub descendants: Vec<Status>,
}
