//! What can be asked of the worker: one small struct of ids for each kind of work, by area, and the queue that carries it.
//!
//! A job is written in the transaction of the change it belongs to: both are committed or neither. Each handler may run
//! twice and begins by loading what it needs. `queue` and what follows it is the worker's side.

pub mod account;
mod deliver;
pub mod delivery;
mod enqueue;
mod error;
pub mod feed;
pub mod inbox;
pub mod job;
pub mod mail;
pub mod maintenance;
pub mod media;
pub mod push;

pub use deliver::{DeliveryOptions, deliver_to};
pub use enqueue::{enqueue, enqueue_in, enqueue_many};
pub use error::{Error, Result};
pub use job::{Dedup, Job, Lane};
