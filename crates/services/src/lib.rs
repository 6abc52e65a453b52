//! The verbs: what is done, whoever asks for it. Knows neither HTTP requests nor other servers' documents.

pub mod approve_user;
pub mod block;
pub mod bookmark;
pub mod confirm_user;
pub mod create_account;
pub mod custom_filter;
pub mod draft;
pub mod edit_status;
pub mod error;
pub mod favourite;
pub mod feed;
mod feeds;
pub mod follow;
pub mod follow_requests;
pub mod instance_actor;
pub mod modify_user;
pub mod mute;
pub mod mute_conversation;
pub mod notify;
mod party;
pub mod pin;
pub mod post_status;
pub mod quote;
pub mod reblog;
pub mod remove_status;
pub mod reset_password;
pub mod revoke_access;
pub mod schedule_status;
mod subject;
pub mod thread;
pub mod upload_media;
pub mod visibility;
pub mod vote;

pub use error::{Error, Result};
