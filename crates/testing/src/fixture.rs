//! Rows that a test begins with. What people do goes through the program; here stands what they have.

pub mod account;
pub mod follow;
pub mod status;
pub mod token;
