//! `server/shared`: what is true of every request.

mod actor_document;
mod http;
mod rate_limit;
