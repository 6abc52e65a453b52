//! `server/api/src/v2`.

mod search;
