//! What moderators see.

mod account;
mod block;
mod metric;
mod report;

pub use account::{AdminAccount, AdminIp};
pub use block::{AdminCanonicalEmailBlock, AdminDomainAllow, AdminDomainBlock, AdminEmailDomainBlock, AdminIpBlock};
pub use metric::{AdminCohort, AdminDimension, AdminMeasure, CohortValue, DayValue, KindValue};
pub use report::AdminReport;
