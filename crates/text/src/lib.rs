//! Text as Mastodon reads and writes it: pure functions without I/O, safe for hostile input.

pub mod account_name;
mod chars;
pub mod charset;
pub mod emoji;
pub mod entity;
pub mod filter;
pub mod format;
pub mod hashtag;
mod html;
pub mod human_size;
pub mod language;
pub mod length;
pub mod link;
pub mod link_preview;
pub mod locale;
pub mod markdown;
pub mod mention;
pub mod plain;
pub mod rel_me;
pub mod sanitize;
pub mod search_query;
pub mod yaml;
