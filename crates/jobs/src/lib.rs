//! What can be asked of the worker: one small struct of ids for each kind of work, by area, and the queue that carries it.
//!
//! A job is written in the transaction of the change it belongs to: both are committed or neither. Each handler may run
//! twice and begins by loading what it needs. `queue` and what follows it is the worker's side.

pub mod account;
mod deliver;
pub mod delivery;
pub mod domain;
mod engine;
mod enqueue;
mod error;
pub mod feed;
pub mod guard;
pub mod inbox;
pub mod job;
pub mod mail;
pub mod maintenance;
pub mod media;
pub mod outbound;
mod pace;
mod presence;
pub mod push;
pub mod queue;
pub mod slot;

pub use deliver::{DeliveryOptions, deliver_to};
pub use engine::{Settings, drain, run};
pub use enqueue::{enqueue, enqueue_in, enqueue_many, enqueue_many_in, hasten};
pub use error::{Error, Result};
pub use job::{Dedup, Job, Lane};
pub use outbound::{Delivery, DeliveryOutcome, Transport, host_is_alive};
pub use queue::{Execute, LaneSettings, Outcome, Taken};
