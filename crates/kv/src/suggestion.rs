//! Suggestions of accounts in the order in which they were shuffled, so that clients can page through them.

use serde::{Deserialize, Serialize};

use crate::key;
use crate::{Error, Kv};

const SECONDS: u64 = 15 * 60;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Of the state in which they were found; in another they count for nothing.
    pub mark: String,
    /// Accounts and why they are suggested.
    pub accounts: Vec<(i64, Vec<String>)>,
}

/// What cannot be read counts as absent.
///
/// # Errors
/// Redis is away.
pub async fn kept(kv: &Kv, account_id: i64) -> Result<Option<Kept>, Error> {
    let text: Option<String> = kv.run(redis::cmd("GET").arg(key::suggestions(account_id))).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// # Errors
/// Redis is away.
pub async fn keep(kv: &Kv, account_id: i64, kept: &Kept) -> Result<(), Error> {
    let text = serde_json::to_string(kept).map_err(|error| Error::Unexpected(error.to_string()))?;
    kv.run(redis::cmd("SET").arg(key::suggestions(account_id)).arg(text).arg("EX").arg(SECONDS)).await
}
