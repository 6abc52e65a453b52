//! `crates/services`

mod announcement;
mod clean_up;
mod greet;
mod merge_accounts;
mod notify;
mod refollow;
mod move_account;
mod relay;
mod trends;
mod visibility;
