//! `server/api/src/v1`

mod media;
mod polls;
mod scheduled_statuses;
mod statuses;
