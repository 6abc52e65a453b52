//! `crates/db`

mod schema;
