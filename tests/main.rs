//! What needs a database, Redis or HTTP. The paths are those of the code that is tested.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

mod api;
mod db;
mod end_to_end;
mod http_client;
mod inbox;
mod jobs;
mod letters;
mod oauth;
mod pages;
mod routes;
mod server;
mod services;
