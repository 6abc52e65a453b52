//! Rules about whole servers and what they do to the accounts there.

use std::time::Duration;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::job::{Dedup, Job, Lane};

/// Limits or suspends the accounts that a domain block means, and frees those that it no longer means. Looks at the block for
/// which of these.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApplyDomainBlock {
    pub domain_block_id: i64,
    /// When it was made or changed, in UTC: what ends by it is one event, however often this runs.
    pub since: NaiveDateTime,
}

impl Job for ApplyDomainBlock {
    const KIND: &'static str = "apply_domain_block";
    const LANE: Lane = Lane::Default;
    const TIMEOUT: Duration = Duration::from_hours(1);

    fn dedup_key(&self) -> Option<String> {
        Some(self.domain_block_id.to_string())
    }
}

/// A domain block is gone: the accounts that bear its time are free again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LiftDomainBlock {
    pub domain: String,
    /// `created_at` of the block, the mark on the accounts that it limited or suspended.
    pub imposed_at: NaiveDateTime,
}

impl Job for LiftDomainBlock {
    const KIND: &'static str = "lift_domain_block";
    const LANE: Lane = Lane::Default;
    const TIMEOUT: Duration = Duration::from_mins(15);
}

/// Takes the copies of a server's files away: pictures of accounts, media of posts, custom emojis.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClearDomainMedia {
    pub domain_block_id: i64,
}

impl Job for ClearDomainMedia {
    const KIND: &'static str = "clear_domain_media";
    const LANE: Lane = Lane::Pull;
    const TIMEOUT: Duration = Duration::from_hours(1);

    fn dedup_key(&self) -> Option<String> {
        Some(self.domain_block_id.to_string())
    }
}

/// A server is no longer allowed where only allowed ones are: its accounts go, rows and all.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteDomain {
    pub domain: String,
}

impl Job for DeleteDomain {
    const KIND: &'static str = "delete_domain";
    const LANE: Lane = Lane::Default;
    const TIMEOUT: Duration = Duration::from_hours(1);

    fn dedup_key(&self) -> Option<String> {
        Some(self.domain.clone())
    }
}

/// Has the view `instances` made anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshInstances {}

impl Job for RefreshInstances {
    const KIND: &'static str = "refresh_instances";
    const LANE: Lane = Lane::Default;
    const RETRIES: i16 = 3;
    const TIMEOUT: Duration = Duration::from_mins(15);
    // One that runs does not see what is committed while it does.
    const DEDUP: Dedup = Dedup::Waiting;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}
