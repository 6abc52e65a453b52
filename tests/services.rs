//! `crates/services`

mod announcement;
mod clean_up;
mod greet;
mod merge_accounts;
mod move_account;
mod notify;
mod refollow;
mod relay;
mod trends;
mod visibility;
