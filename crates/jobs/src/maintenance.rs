//! What the timetable starts.

use serde::{Deserialize, Serialize};

use crate::job::{Dedup, Job, Lane};

/// Publishes scheduled statuses whose time has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishScheduled {}

impl Job for PublishScheduled {
    const KIND: &'static str = "publish_scheduled";
    const LANE: Lane = Lane::Scheduler;
    const RETRIES: i16 = 0;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Ends a poll: notifies its author and its voters, and sends the result to other servers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExpirePoll {
    pub poll_id: db::PollId,
}

impl Job for ExpirePoll {
    const KIND: &'static str = "expire_poll";
    const LANE: Lane = Lane::Default;

    fn dedup_key(&self) -> Option<String> {
        Some(self.poll_id.to_string())
    }
}

/// Takes what has served its time out of schema `ferrodon`: dead jobs, ended deliveries, keys, orphaned payloads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "sweep";
    const LANE: Lane = Lane::Scheduler;
    const RETRIES: i16 = 0;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}
