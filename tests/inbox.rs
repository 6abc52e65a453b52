//! `crates/inbox`: what others send, taken in and acted on.

mod collections;
mod counters;
mod delete_actor;
mod fetch_all_replies;
mod files;
mod followers;
mod forward;
mod move_actor;
mod thread;
mod update;
