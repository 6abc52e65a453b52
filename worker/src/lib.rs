//! The program `ferrodon-worker`: runs what `jobs` describes, sends deliveries and mail, and keeps the timetable.

mod context;
mod jobs;
mod mail;
mod registry;
mod run;
mod schedule;

pub use context::Context;
pub use registry::JobError;
pub use run::{Options, drain, run};
