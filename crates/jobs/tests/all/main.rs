//! The queue and the deliveries against a database of their own (`PGHOST`, `PGUSER`), with handlers and servers made up here.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/database.rs"]
mod database;
#[path = "../support/world.rs"]
mod world;

mod inbox;
mod kill;
mod outbound;
mod queue;
mod start;
