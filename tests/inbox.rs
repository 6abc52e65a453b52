//! `crates/inbox`: what others send, taken in and acted on.

mod counters;
