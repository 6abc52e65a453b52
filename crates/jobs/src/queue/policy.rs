//! What to do with a job after a run: pure, so that it can be read and tested in one place.

use std::time::Duration;

use super::Outcome;

/// What counts towards giving up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Runs that failed before this one.
    pub attempt: i16,
    pub max_attempts: i16,
}

/// What becomes of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Delete,
    Retry {
        after: Duration,
        error: String,
    },
    /// Into `ferrodon.dead`.
    Bury {
        reason: &'static str,
        error: String,
    },
}

/// `dice` is a random number from 0 to 9, which spreads jobs that failed together.
#[must_use]
pub fn after(limits: Limits, outcome: Outcome, dice: u64) -> Next {
    let (reason, error) = match outcome {
        Outcome::Done | Outcome::Discarded(_) => return Next::Delete,
        Outcome::Failed(error) => ("exhausted", error),
        Outcome::Refused(error) => return Next::Bury { reason: "refused", error },
        Outcome::Unknown => ("unknown", "no handler has this name".to_owned()),
    };
    if limits.attempt.saturating_add(1) >= limits.max_attempts {
        return Next::Bury { reason, error };
    }
    Next::Retry { after: back_off(limits.attempt, dice), error }
}

/// Sidekiq's: 15 seconds and more after the first failure, a day and a half after the twentieth.
#[must_use]
pub fn back_off(failures: i16, dice: u64) -> Duration {
    let count = u64::from(failures.max(0).unsigned_abs());
    Duration::from_secs(count.pow(4) + 15 + dice * (count + 1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Limits, Next, Outcome, after, back_off};

    fn failed(attempt: i16, max_attempts: i16) -> Next {
        after(Limits { attempt, max_attempts }, Outcome::Failed("no".to_owned()), 3)
    }

    #[test]
    fn what_is_done_or_pointless_is_deleted() {
        let limits = Limits { attempt: 0, max_attempts: 26 };
        assert_eq!(after(limits, Outcome::Done, 0), Next::Delete);
        assert_eq!(after(limits, Outcome::Discarded("the account is gone"), 0), Next::Delete);
    }

    #[test]
    fn pauses_grow_as_sidekiqs_do() {
        // sidekiq/job_retry.rb: (count ** 4) + 15 + jitter(10 * (count + 1))
        assert_eq!(back_off(0, 0), Duration::from_secs(15));
        assert_eq!(back_off(0, 9), Duration::from_secs(24));
        assert_eq!(back_off(3, 5), Duration::from_secs(81 + 15 + 20));
        assert_eq!(back_off(24, 0), Duration::from_secs(331_791));
    }

    #[test]
    fn the_last_attempt_buries() {
        assert_eq!(failed(24, 26), Next::Retry { after: back_off(24, 3), error: "no".to_owned() });
        assert_eq!(failed(25, 26), Next::Bury { reason: "exhausted", error: "no".to_owned() });
        assert_eq!(failed(0, 1), Next::Bury { reason: "exhausted", error: "no".to_owned() });
    }

    #[test]
    fn what_was_refused_for_good_is_buried_at_once() {
        let limits = Limits { attempt: 0, max_attempts: 26 };
        let next = after(limits, Outcome::Refused("550 no such person".to_owned()), 0);
        assert_eq!(next, Next::Bury { reason: "refused", error: "550 no such person".to_owned() });
    }

    #[test]
    fn a_job_without_handler_waits_for_a_newer_program_before_it_is_buried() {
        let limits = Limits { attempt: 0, max_attempts: 2 };
        assert!(matches!(after(limits, Outcome::Unknown, 0), Next::Retry { .. }));
        let limits = Limits { attempt: 1, max_attempts: 2 };
        assert!(matches!(after(limits, Outcome::Unknown, 0), Next::Bury { reason: "unknown", .. }));
    }
}
