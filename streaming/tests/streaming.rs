//! A server in this process, PostgreSQL (`PGHOST` and its kin) and Redis (`REDIS_URL`). Expected answers are those
//! of the recordings in `tests/conformance/fed/golden-stream`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod streaming {
    mod auth;
    mod filter;
    mod list;
    mod messages;
    mod resilience;
    mod routes;
    pub(crate) mod world;
}
