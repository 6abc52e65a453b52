//! Home and list timelines: which statuses belong into whose, and how they are read. Redis keeps them; what it lost is built
//! again from PostgreSQL.

pub mod candidates;
pub mod filter;
mod read;
mod store;

pub use candidates::Candidate;
pub use filter::{Pair, Verdict};
pub use read::{FeedPage, home_page, list_page};
pub use store::{merge_into, rebuild_home, rebuild_list, take_out};

/// How many of one account's statuses a feed takes at once when it is built anew.
pub const BUILD_LIMIT: i64 = 400;
/// The same after a follow.
pub const MERGE_LIMIT: i64 = 200;
