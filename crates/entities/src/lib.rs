//! The JSON that clients read: what each entity looks like, and how many of them are loaded at once.
//!
//! Whether somebody may see a thing is decided before it is loaded here.

mod account;
mod admin;
mod announcement;
pub mod annual_report;
mod application;
mod approval;
mod collection;
mod conversation;
mod custom_emoji;
mod filter;
mod id;
mod instance;
mod list;
mod marker;
mod markup;
mod media_attachment;
mod mention;
mod notification;
mod poll;
mod preferences;
mod preview_card;
mod profile;
mod report;
mod rule;
mod scheduled_status;
mod search;
mod shared;
mod status;
mod tag;
pub mod timestamp;
mod trends;
pub mod urls;
mod web_push_subscription;

pub use account::{
    Account, Badge, CredentialAccount, FamiliarFollowers, Field, MutedAccount, PartialAccount, Relationship, Role, Source,
};
pub use admin::{
    AdminAccount, AdminCanonicalEmailBlock, AdminCohort, AdminDimension, AdminDomainAllow, AdminDomainBlock,
    AdminEmailDomainBlock, AdminIp, AdminIpBlock, AdminMeasure, AdminReport, AdminTag, AdminTrendsStatus, CohortValue, DayValue,
    KindValue, PreviewCardProvider,
};
pub use announcement::{Announcement, Reaction};
pub use application::{Application, CredentialApplication, Token};
pub use approval::Approval;
pub use collection::{Collection, CollectionItem};
pub use conversation::Conversation;
pub use custom_emoji::CustomEmoji;
pub use filter::{ActiveFilters, Filter, FilterKeyword, FilterResult, FilterStatus, FilterV1, searchable_text};
pub use id::Id;
pub use instance::{
    DefaultImages, ICON_SIZES, Instance, InstanceFacts, InstanceV1, MASTODON_API_VERSION, MASTODON_VERSION, Upload,
};
pub use list::{List, REPLIES_POLICIES};
pub use marker::{Marker, Markers};
pub use media_attachment::MediaAttachment;
pub use mention::Mention;
pub use notification::{
    AnnualReportYear, GroupRow, GroupedNotificationsResults, Notification, NotificationFallback, NotificationGroup,
    NotificationPolicy, NotificationPolicyV1, NotificationRequest, PolicySummary, Subject,
};
pub use poll::{Poll, PollOption};
pub use preferences::Preferences;
pub use preview_card::{PreviewCard, PreviewCardAuthor};
pub use profile::Profile;
pub use report::{AccountWarning, Appeal, RelationshipSeveranceEvent, Report, category_name};
pub use rule::{Rule, RuleTranslation};
pub use scheduled_status::ScheduledStatus;
pub use search::{Search, Suggestion};
pub use shared::Shared;
pub use status::{Context, PollTitles, Quote, QuoteState, Status, StatusApplication, StatusEdit, StatusSource, TitleOnly};
pub use tag::{DayOfUse, FeaturedTag, ShallowTag, Tag, history_days};
pub use trends::{AdminTrendsLink, TrendsLink};
pub use urls::Urls;
pub use web_push_subscription::WebPushSubscription;
