//! `server/shared`: what is true of every request.

mod rate_limit;
