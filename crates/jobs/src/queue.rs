//! The worker's side of the queue: taking jobs, and what becomes of them.

mod policy;
mod run;
pub(crate) mod store;

pub use policy::{Limits, Next, after, back_off};
pub(crate) use run::run;
pub use run::{Execute, LaneSettings};

use crate::job::Lane;

/// A job in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub id: i64,
    /// With `takes`, the fence: results of an earlier take, or of a worker that was thought dead, change nothing.
    pub worker: i32,
    pub takes: i32,
    pub lane: Lane,
    pub kind: String,
    /// JSON.
    pub args: String,
    pub limits: Limits,
    /// A worker died with it in hand. Only one such job of a lane runs at a time, so that the guilty one is found.
    pub suspect: bool,
}

/// How one run of a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// There is nothing to do any more; the reason is for the log.
    Discarded(&'static str),
    /// Worth another try.
    Failed(String),
    /// No try will succeed, and somebody should see why.
    Refused(String),
    /// This program has no handler of that name; a newer one may have.
    Unknown,
}
