//! Telling other servers: which activity is to be made for whom. The deliveries themselves are rows of their own.

use db::{AccountId, StatusId};
use serde::{Deserialize, Serialize};

use crate::job::{Job, Lane};

/// A local status or boost is new: Create or Announce to everybody concerned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateStatus {
    pub status_id: StatusId,
}

impl Job for FederateStatus {
    const KIND: &'static str = "federate_status";
    const LANE: Lane = Lane::Push;

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// A local status was edited: Update to everybody who has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateStatusUpdate {
    pub status_id: StatusId,
}

impl Job for FederateStatusUpdate {
    const KIND: &'static str = "federate_status_update";
    const LANE: Lane = Lane::Push;

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// There were votes in a local poll: its present state to everybody who has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederatePoll {
    pub status_id: StatusId,
}

impl Job for FederatePoll {
    const KIND: &'static str = "federate_poll";
    const LANE: Lane = Lane::Push;
    const RETRIES: i16 = 0;

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// A local status quotes one of another server: its author's server is asked for consent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateQuoteRequest {
    pub quote_id: i64,
}

impl Job for FederateQuoteRequest {
    const KIND: &'static str = "federate_quote_request";
    const LANE: Lane = Lane::Push;
}

/// A local author took back the consent to a quote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateQuoteRevocation {
    pub quote_id: i64,
}

impl Job for FederateQuoteRevocation {
    const KIND: &'static str = "federate_quote_revocation";
    const LANE: Lane = Lane::Push;
}

/// A local profile was changed: Update of the actor to everybody who knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateAccountUpdate {
    pub account_id: AccountId,
}

impl Job for FederateAccountUpdate {
    const KIND: &'static str = "federate_account_update";
    const LANE: Lane = Lane::Push;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// A local account moved: its profile and a Move go to followers, to who blocks it, and to relays.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateMove {
    pub migration_id: i64,
}

impl Job for FederateMove {
    const KIND: &'static str = "federate_move";
    const LANE: Lane = Lane::Push;
}

/// A finished activity to all followers of an account: pins, featured hashtags.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateToFollowers {
    pub account_id: AccountId,
    /// The document as it is sent.
    pub json: String,
    /// Others may pass it on: it gets a linked-data signature.
    #[serde(default)]
    pub sign: bool,
}

impl Job for FederateToFollowers {
    const KIND: &'static str = "federate_to_followers";
    const LANE: Lane = Lane::Push;
}

/// A finished activity about a collection of accounts: to everybody who knows its owner, and to those who stand in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateCollection {
    pub account_id: AccountId,
    /// It may be gone already.
    pub collection_id: i64,
    /// The document as it is sent.
    pub json: String,
}

impl Job for FederateCollection {
    const KIND: &'static str = "federate_collection";
    const LANE: Lane = Lane::Push;
}

/// An account of another server was put into a local collection: its server is asked for consent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateFeatureRequest {
    pub item_id: i64,
}

impl Job for FederateFeatureRequest {
    const KIND: &'static str = "federate_feature_request";
    const LANE: Lane = Lane::Push;
}

/// A local account took back its consent to stand in a collection of another server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FederateFeatureRevocation {
    pub item_id: i64,
}

impl Job for FederateFeatureRevocation {
    const KIND: &'static str = "federate_feature_revocation";
    const LANE: Lane = Lane::Push;
}

/// A remote server's list of followers differs from ours (`Collection-Synchronization`).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SynchronizeFollowers {
    pub account_id: AccountId,
    pub url: String,
    pub digest: String,
}

impl Job for SynchronizeFollowers {
    const KIND: &'static str = "synchronize_followers";
    const LANE: Lane = Lane::Push;

    fn dedup_key(&self) -> Option<String> {
        Some(format!("{}:{}", self.account_id, self.digest))
    }
}
