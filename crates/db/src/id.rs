//! Ids by the name of what they name. Statuses, accounts, media and some more are 18-digit `timestamp_id`s, the rest are
//! counters; all are `i64` in PostgreSQL. They are aliases, not types of their own: sqlx's checked macros would want a cast
//! at each bind otherwise. In JSON an id is a string, see `entities::Id`.

pub type AccountId = i64;
pub type UserId = i64;
pub type StatusId = i64;
pub type MediaAttachmentId = i64;
pub type NotificationId = i64;
pub type TagId = i64;
pub type CustomEmojiId = i64;
pub type AccessTokenId = i64;
pub type ApplicationId = i64;
pub type PollId = i64;
pub type ConversationId = i64;
pub type ListId = i64;
