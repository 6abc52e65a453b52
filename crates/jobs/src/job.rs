//! What a kind of job says about itself.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A piece of work: ids and small values, written to the queue as JSON.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stands in the database and never changes. Two kinds never share one.
    const KIND: &'static str;
    const LANE: Lane;
    /// How often it is tried again after it failed; Sidekiq's default is 25, which takes about three weeks.
    const RETRIES: i16 = 25;
    /// Longest run; past it the run counts as failed.
    const TIMEOUT: Duration = Duration::from_mins(2);
    const DEDUP: Dedup = Dedup::Waiting;

    /// Jobs of one kind with equal keys are one job, within the limits of [`Job::DEDUP`]. `None`: each is its own.
    fn dedup_key(&self) -> Option<String> {
        None
    }
}

/// How long a job stands for later ones with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dedup {
    /// Until it starts: a change made while it runs gets a run of its own.
    Waiting,
    /// Until it has ended: never two at a time.
    Unfinished,
}

/// Groups of jobs that wait behind each other but not behind other groups; Mastodon's queues, and one for media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// What people wait for: feeds, notifications, removals.
    Default,
    /// Making deliveries; a process with this lane also sends them.
    Push,
    /// Activities that arrived.
    Ingress,
    /// Fetching from other servers and other work that may be late.
    Pull,
    Mailers,
    /// Converting files: few at a time.
    Media,
    Scheduler,
}

impl Lane {
    pub const ALL: [Self; 7] =
        [Self::Default, Self::Push, Self::Ingress, Self::Pull, Self::Mailers, Self::Media, Self::Scheduler];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Push => "push",
            Self::Ingress => "ingress",
            Self::Pull => "pull",
            Self::Mailers => "mailers",
            Self::Media => "media",
            Self::Scheduler => "scheduler",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lane {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("{name:?} is not a lane; there are {known}")
        })
    }
}
