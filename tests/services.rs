//! `crates/services`

mod visibility;
