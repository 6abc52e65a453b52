//! Against a Redis (`REDIS_URL`), with ids that nobody else uses.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod kv {
    mod connection;
    mod counters;
    mod feed;
    mod lock;
    mod publish;
    mod sidekiq;
}

use ::kv::Kv;
use config::{RedisServer, Source};
use rand::RngExt;

fn connect() -> Kv {
    let url = Source::from_process().text("REDIS_URL").unwrap_or_else(|| "redis://localhost:6379".to_owned());
    Kv::connect_lazy(&RedisServer::Url(url)).unwrap()
}

/// An id in the range of Mastodon's newest.
fn id() -> i64 {
    116_000_000_000_000_000 + rand::rng().random_range(0..900_000_000_000_000)
}
