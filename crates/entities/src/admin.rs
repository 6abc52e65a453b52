//! What moderators see.

mod account;
mod block;
mod report;

pub use account::{AdminAccount, AdminIp};
pub use block::{AdminCanonicalEmailBlock, AdminDomainAllow, AdminDomainBlock, AdminEmailDomainBlock, AdminIpBlock};
pub use report::AdminReport;
