//! What tests stand on: a database and a Redis of their own, the program in process, people who use it, and other servers on
//! loopback. A dev-dependency only. Whatever fails here fails the test, with a panic that says what.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

mod answer;
mod app;
mod browser;
pub mod clock;
mod database;
pub mod fixture;
mod keys;
mod network;
mod person;
pub mod process;
mod redis;
mod remote_server;
pub mod statements;
mod stream;
mod tls;

pub use answer::Answer;
pub use app::{Builder, QUIET, TestApp};
pub use browser::Browser;
pub use database::TestDatabase;
pub use keys::TestKey;
pub use network::Network;
pub use person::{Person, Upload};
pub use redis::TestRedis;
pub use remote_server::{Arrived, Behaviour, RemoteActor, RemoteServer};
pub use stream::{Event, Stream};
