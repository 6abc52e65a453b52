//! `worker/src/jobs`

mod web_push;
