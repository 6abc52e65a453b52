//! Texts that administrators put into Redis by hand.

use crate::key;
use crate::{Error, Kv};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpammyTexts {
    /// Looked for in posts of accounts younger than a week.
    pub of_new_accounts: Vec<String>,
    /// Looked for in all posts.
    pub of_all: Vec<String>,
}

/// # Errors
/// Redis is away.
pub async fn spammy_texts(kv: &Kv) -> Result<SpammyTexts, Error> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("SMEMBERS").arg(key::SPAMMY_TEXTS).cmd("SMEMBERS").arg(key::ALL_TIME_SPAMMY_TEXTS);
    let (of_new_accounts, of_all) = kv.pipe(&pipeline).await?;
    Ok(SpammyTexts { of_new_accounts, of_all })
}
