//! What moderators see.

mod account;
mod block;
mod metric;
mod report;
mod trends;

pub use account::{AdminAccount, AdminIp};
pub use block::{AdminCanonicalEmailBlock, AdminDomainAllow, AdminDomainBlock, AdminEmailDomainBlock, AdminIpBlock};
pub use metric::{AdminCohort, AdminDimension, AdminMeasure, CohortValue, DayValue, KindValue};
pub use report::AdminReport;
pub use trends::{AdminTag, AdminTrendsStatus, PreviewCardProvider};
