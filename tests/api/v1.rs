//! `server/api/src/v1`

mod accounts;
mod admin;
mod annual_reports;
mod collections;
mod directory;
mod media;
mod polls;
mod push;
mod reports;
mod scheduled_statuses;
mod statuses;
mod suggestions;
mod timelines;
mod trends;
