//! `crates/http-client`

mod guard;
