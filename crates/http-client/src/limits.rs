//! What one request may cost. The figures are Mastodon's.

use std::time::Duration;

/// To resolve a name.
pub const RESOLVE: Duration = Duration::from_secs(5);
/// To connect, TLS included.
pub const CONNECT: Duration = Duration::from_secs(5);
/// Between two pieces of an answer.
pub const READ: Duration = Duration::from_secs(10);
/// For everything together: waiting for a place, resolving, redirects, the body.
pub const TOTAL: Duration = Duration::from_secs(30);
/// Of JSON and HTML, after decompression.
pub const DOCUMENT: usize = 1024 * 1024;
/// Answers to deliveries are read so far and no further, only so that the connection can be used again.
pub const DELIVERY_ANSWER: usize = 64 * 1024;
pub const REDIRECTS: usize = 3;
/// Addresses of one family that are tried for one name.
pub const ADDRESSES: usize = 2;
/// Requests to one host at the same time.
pub const PER_HOST: usize = 8;
/// Of the headers of one answer.
pub const HEADERS: u32 = 32 * 1024;
