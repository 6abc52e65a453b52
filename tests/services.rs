//! `crates/services`

mod clean_up;
mod greet;
mod visibility;
