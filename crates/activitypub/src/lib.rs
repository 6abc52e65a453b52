//! How ActivityPub is spelled and carried: documents in and out, signatures, fetching.

pub mod document;
pub mod fetch;
pub mod keys;
pub mod ld_signature;
pub mod render;
pub mod resolve_account;
pub mod signature;
pub mod webfinger;
