//! Everything that stands in Redis, under Mastodon's own key names. What is here may be lost or rebuilt; callers decide what a failure means.

pub mod account_cleanup;
pub mod activity;
pub mod actor_document;
pub mod antispam;
pub mod async_refresh;
pub mod clean_up;
mod connection;
pub mod federation;
pub mod feed;
pub mod info;
pub mod key;
pub mod lock;
pub mod metric;
pub mod notification;
pub mod posting;
pub mod publish;
pub mod rate_limit;
mod script;
pub mod sidekiq;
pub mod subscribe;
pub mod suggestion;
pub mod trend;

pub use connection::{Error, Kv};
