//! `crates/services`

mod greet;
mod visibility;
