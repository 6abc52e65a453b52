//! The verbs: what is done, whoever asks for it. Knows neither HTTP requests nor other servers' documents.

pub mod create_account;
pub mod error;
pub mod instance_actor;
pub mod visibility;

pub use error::{Error, Result};
