//! Deliveries, host by host: a server that does not answer holds up nobody but itself.

mod policy;
mod run;
mod store;
mod upkeep;

pub use policy::{HostState, NextDelivery, after, probe_pause, share};
pub use run::Transport;
pub(crate) use run::run;
pub(crate) use run::send_due;
pub use store::host_is_alive;
pub(crate) use upkeep::expire;

use std::sync::Arc;
use std::time::Duration;

use db::AccountId;

/// One document on its way to one inbox.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: i64,
    pub(crate) worker: i32,
    pub(crate) takes: i32,
    /// Who signs.
    pub account_id: AccountId,
    pub inbox_url: String,
    /// With its port, if the URL names one.
    pub host: String,
    pub body: Arc<[u8]>,
    /// Send `Collection-Synchronization` along.
    pub synchronize_followers: bool,
    pub attempt: i16,
    pub max_attempts: i16,
}

/// What the other server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Accepted,
    /// It answered and will not take this document, now or later (410, 404, most of 4xx, 501), or the signer is gone.
    Refused(String),
    /// Trouble of our own kept it from being tried: the host has no part in it.
    Hindered(String),
    /// It did not answer, or asked for another try; `retry_after` if it said when.
    Failed {
        reason: String,
        retry_after: Option<Duration>,
    },
}
