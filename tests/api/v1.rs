//! `server/api/src/v1`

mod accounts;
mod admin;
mod annual_reports;
mod directory;
mod collections;
mod media;
mod polls;
mod push;
mod reports;
mod scheduled_statuses;
mod statuses;
mod suggestions;
mod timelines;
mod trends;
