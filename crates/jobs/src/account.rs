//! Accounts and their relations.

use std::time::Duration;

use db::{AccountId, StatusId};
use serde::{Deserialize, Serialize};

use crate::job::{Dedup, Job, Lane};

/// Fetches a remote actor again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshAccount {
    pub account_id: AccountId,
}

impl Job for RefreshAccount {
    const KIND: &'static str = "refresh_account";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// Looks for links back to the profile on the pages it names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VerifyLinks {
    pub account_id: AccountId,
}

impl Job for VerifyLinks {
    const KIND: &'static str = "verify_links";
    const LANE: Lane = Lane::Default;
    const RETRIES: i16 = 0;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// What follows a block once its row exists: feeds, notifications and conversations of the one who blocked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AfterBlock {
    pub account_id: AccountId,
    pub target_id: AccountId,
}

impl Job for AfterBlock {
    const KIND: &'static str = "after_block";
    const LANE: Lane = Lane::Default;
}

/// What follows when somebody blocks a whole domain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AfterDomainBlock {
    pub account_id: AccountId,
    pub domain: String,
}

impl Job for AfterDomainBlock {
    const KIND: &'static str = "after_domain_block";
    const LANE: Lane = Lane::Default;
}

/// A mute may have run out; enqueued for that moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExpireMute {
    pub account_id: AccountId,
    pub target_id: AccountId,
}

impl Job for ExpireMute {
    const KIND: &'static str = "expire_mute";
    const LANE: Lane = Lane::Default;
}

/// The account was unlocked: requests that wait are accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuthorizeFollow {
    pub source_id: AccountId,
    pub target_id: AccountId,
}

impl Job for AuthorizeFollow {
    const KIND: &'static str = "authorize_follow";
    const LANE: Lane = Lane::Default;
}

/// First follows and announcements of an account that was confirmed and approved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BootstrapTimeline {
    pub account_id: AccountId,
}

impl Job for BootstrapTimeline {
    const KIND: &'static str = "bootstrap_timeline";
    const LANE: Lane = Lane::Default;
}

/// Makes somebody's report of a year.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GenerateAnnualReport {
    pub account_id: AccountId,
    pub year: i32,
}

impl Job for GenerateAnnualReport {
    const KIND: &'static str = "generate_annual_report";
    const LANE: Lane = Lane::Default;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(format!("{}:{}", self.account_id, self.year))
    }
}

/// Takes an account and all that belongs to it away.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteAccount {
    pub account_id: AccountId,
    /// The row of the account stays, so that nobody can take the name.
    pub reserve_username: bool,
    /// The user goes even where the row of the account stays, so that the address is free again.
    #[serde(default)]
    pub free_address: bool,
    /// Its own server knows: no Delete is sent.
    pub skip_activitypub: bool,
    /// On behalf of this row of `domain_blocks`; it does not begin if that no longer suspends.
    #[serde(default)]
    pub domain_block: Option<i64>,
}

impl Job for DeleteAccount {
    const KIND: &'static str = "delete_account";
    const LANE: Lane = Lane::Pull;
    const TIMEOUT: Duration = Duration::from_hours(1);
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        // The part after the Delete was sent is a job of its own.
        Some(format!("{}:{}", self.account_id, self.skip_activitypub))
    }
}

/// A status names somebody whose actor could not be fetched when it arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResolveMention {
    pub status_id: StatusId,
    pub uri: String,
}

impl Job for ResolveMention {
    const KIND: &'static str = "resolve_mention";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 7;
}

/// Several rows have the URI of this account, whose handle was just confirmed: the others are merged into it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MergeAccounts {
    pub account_id: AccountId,
}

impl Job for MergeAccounts {
    const KIND: &'static str = "merge_accounts";
    const LANE: Lane = Lane::Pull;
    const TIMEOUT: Duration = Duration::from_mins(15);

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// A remote account came back with keys that nobody knew, so its server may have lost its followers: local ones follow again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refollow {
    pub account_id: AccountId,
}

impl Job for Refollow {
    const KIND: &'static str = "refollow";
    const LANE: Lane = Lane::Pull;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// What follows when an account was suspended, or no longer is: feeds, files and lists. Looks at the row for which of both.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AfterSuspensionChange {
    pub account_id: AccountId,
}

impl Job for AfterSuspensionChange {
    const KIND: &'static str = "after_suspension_change";
    const LANE: Lane = Lane::Pull;
    const TIMEOUT: Duration = Duration::from_mins(15);

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// An account moved: those of ours who follow it follow the other one from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MoveFollowers {
    pub source_id: AccountId,
    pub target_id: AccountId,
}

impl Job for MoveFollowers {
    const KIND: &'static str = "move_followers";
    const LANE: Lane = Lane::Pull;
    const TIMEOUT: Duration = Duration::from_mins(15);

    fn dedup_key(&self) -> Option<String> {
        Some(format!("{}:{}", self.source_id, self.target_id))
    }
}
