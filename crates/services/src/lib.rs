//! The verbs: what is done, whoever asks for it. Knows neither HTTP requests nor other servers' documents.

pub mod create_account;
pub mod draft;
pub mod edit_status;
pub mod error;
pub mod instance_actor;
pub mod notify;
pub mod post_status;
pub mod remove_status;
pub mod upload_media;
pub mod visibility;

pub use error::{Error, Result};
