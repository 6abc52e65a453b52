//! `crates/services`

mod clean_up;
mod greet;
mod merge_accounts;
mod notify;
mod refollow;
mod visibility;
