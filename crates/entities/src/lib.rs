//! The JSON that clients read: what each entity looks like, and how many of them are loaded at once.
//!
//! Whether somebody may see a thing is decided before it is loaded here.

mod account;
mod approval;
mod collection;
mod custom_emoji;
mod filter;
mod id;
mod markup;
mod media_attachment;
mod mention;
mod notification;
mod poll;
mod preview_card;
mod report;
mod shared;
mod status;
mod tag;
pub mod timestamp;
pub mod urls;

pub use account::{
    Account, Badge, CredentialAccount, FamiliarFollowers, Field, MutedAccount, PartialAccount, Relationship, Role, Source,
};
pub use approval::Approval;
pub use collection::{Collection, CollectionItem};
pub use custom_emoji::CustomEmoji;
pub use filter::{ActiveFilters, Filter, FilterKeyword, FilterResult, FilterStatus, searchable_text};
pub use id::Id;
pub use media_attachment::MediaAttachment;
pub use mention::Mention;
pub use notification::{
    AnnualReportYear, GroupRow, GroupedNotificationsResults, Notification, NotificationFallback, NotificationGroup, Subject,
};
pub use poll::{Poll, PollOption};
pub use preview_card::{PreviewCard, PreviewCardAuthor};
pub use report::{AccountWarning, Appeal, RelationshipSeveranceEvent, Report, category_name};
pub use shared::Shared;
pub use status::{Context, PollTitles, Quote, QuoteState, Status, StatusApplication, StatusEdit, StatusSource, TitleOnly};
pub use tag::{DayOfUse, FeaturedTag, ShallowTag, Tag};
pub use urls::Urls;
