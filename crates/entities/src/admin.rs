//! What moderators see.

mod account;
mod report;

pub use account::{AdminAccount, AdminIp};
pub use report::AdminReport;
