//! Who is served next, what becomes of a delivery, and when a silent host is tried again: pure functions.

use std::time::Duration;

use super::DeliveryOutcome;

/// Deliveries on their way to one host at a time, over all workers.
const PER_HOST: usize = 8;
/// Failures in a row that make a host count as down.
const TOLERATED: i32 = 5;
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// What `Retry-After` may ask for at most.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// A host for which deliveries wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostState {
    pub host: String,
    /// Its earliest delivery may be sent now.
    pub due: bool,
    pub in_flight: usize,
    /// In a row; 0: it answers.
    pub failures: i32,
    /// It has left an attempt without answer for seconds.
    pub slow: bool,
}

impl HostState {
    /// A host that failed last time or lets us wait gets one delivery at a time until it answers.
    fn free(&self) -> usize {
        if !self.due {
            return 0;
        }
        let at_once = if self.failures > 0 || self.slow { 1 } else { PER_HOST };
        at_once.saturating_sub(self.in_flight)
    }
}

/// Deals `total` places: one to each host, then another to each, until the places or the wishes are used up. The answer
/// keeps the order of `hosts` and leaves out those that get none.
#[must_use]
pub fn share(hosts: &[HostState], total: usize) -> Vec<(&str, usize)> {
    let mut shares: Vec<(&HostState, usize)> = hosts.iter().map(|host| (host, 0)).collect();
    let mut left = total;
    for round in 0..PER_HOST {
        for (host, given) in &mut shares {
            if left > 0 && host.free() > round {
                *given += 1;
                left -= 1;
            }
        }
    }
    shares.into_iter().filter(|(_, given)| *given > 0).map(|(host, given)| (host.host.as_str(), given)).collect()
}

/// What becomes of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextDelivery {
    Done,
    Retry { after: Duration, reason: String },
    GiveUp { reason: String },
}

/// `dice` is a random number from 0 to 1.
#[must_use]
pub fn after(attempt: i16, max_attempts: i16, outcome: &DeliveryOutcome, dice: f64) -> NextDelivery {
    match outcome {
        DeliveryOutcome::Accepted => NextDelivery::Done,
        DeliveryOutcome::Refused(reason) => NextDelivery::GiveUp { reason: reason.clone() },
        DeliveryOutcome::Failed { reason, .. } | DeliveryOutcome::Hindered(reason)
            if attempt.saturating_add(1) >= max_attempts =>
        {
            NextDelivery::GiveUp { reason: format!("given up after {max_attempts} attempts: {reason}") }
        }
        DeliveryOutcome::Hindered(reason) => NextDelivery::Retry { after: back_off(attempt, dice), reason: reason.clone() },
        DeliveryOutcome::Failed { reason, retry_after } => {
            let own = back_off(attempt, dice);
            let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
            NextDelivery::Retry { after: own.max(asked), reason: reason.clone() }
        }
    }
}

/// Mastodon's for deliveries: the fourth power of the failures, up to half of it more, and 15 seconds.
fn back_off(failures: i16, dice: f64) -> Duration {
    let power = f64::from(failures.max(0)).powi(4);
    Duration::from_secs_f64(power + 15.0 + (power * 0.5 * dice.clamp(0.0, 1.0)).floor())
}

/// Whether a host with so many failures in a row counts as down, and if so, when it is tried again. A host that says
/// `Retry-After` is left alone at once, for that long.
#[must_use]
pub fn probe_pause(failures: i32, retry_after: Option<Duration>) -> Option<Duration> {
    if let Some(asked) = retry_after {
        return Some(asked.min(LONGEST_RETRY_AFTER));
    }
    let beyond = u32::try_from(failures - TOLERATED).ok()?;
    Some(FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(beyond.min(8))).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DeliveryOutcome, HostState, NextDelivery, after, probe_pause, share};

    fn host(name: &str, in_flight: usize, failures: i32) -> HostState {
        HostState { host: name.to_owned(), due: true, in_flight, failures, slow: false }
    }

    #[test]
    fn every_host_gets_one_before_any_gets_two() {
        let hosts = [host("a", 0, 0), host("b", 0, 0), host("c", 0, 0)];
        assert_eq!(share(&hosts, 4), [("a", 2), ("b", 1), ("c", 1)]);
        assert_eq!(share(&hosts, 2), [("a", 1), ("b", 1)]);
        assert_eq!(share(&hosts, 100), [("a", 8), ("b", 8), ("c", 8)]);
    }

    #[test]
    fn a_host_has_eight_in_flight_at_most_and_one_while_it_fails() {
        assert_eq!(share(&[host("a", 6, 0), host("b", 8, 0), host("c", 0, 1), host("d", 1, 3)], 100), [("a", 2), ("c", 1)]);
        let waiting = HostState { due: false, ..host("a", 0, 0) };
        let slow = HostState { slow: true, ..host("a", 1, 0) };
        assert!(share(&[waiting, slow], 100).is_empty());
    }

    #[test]
    fn what_is_refused_ends_and_what_fails_is_tried_again() {
        let failed = DeliveryOutcome::Failed { reason: "503".to_owned(), retry_after: None };
        assert_eq!(after(0, 17, &DeliveryOutcome::Accepted, 0.0), NextDelivery::Done);
        assert_eq!(
            after(0, 17, &DeliveryOutcome::Refused("410".to_owned()), 0.0),
            NextDelivery::GiveUp { reason: "410".to_owned() }
        );
        // activitypub.md B7: count^4 + 15 and up to half of count^4 more
        let seconds = |attempt, dice| match after(attempt, 17, &failed, dice) {
            NextDelivery::Retry { after, .. } => after.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(seconds(0, 0.9), 15);
        assert_eq!(seconds(3, 0.0), 96);
        assert_eq!(seconds(3, 1.0), 136);
        assert!(matches!(after(16, 17, &failed, 0.0), NextDelivery::GiveUp { .. }));
    }

    #[test]
    fn a_later_wish_of_the_host_is_respected_within_a_day() {
        let asks =
            |seconds| DeliveryOutcome::Failed { reason: "429".to_owned(), retry_after: Some(Duration::from_secs(seconds)) };
        let pause = |seconds| match after(0, 17, &asks(seconds), 0.0) {
            NextDelivery::Retry { after, .. } => after.as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(pause(1), 15);
        assert_eq!(pause(3600), 3600);
        assert_eq!(pause(10_000_000), 86_400);
    }

    #[test]
    fn a_silent_host_is_tried_after_one_minute_and_later_every_ten() {
        assert_eq!(probe_pause(4, None), None);
        assert_eq!(probe_pause(5, None), Some(Duration::from_secs(60)));
        assert_eq!(probe_pause(6, None), Some(Duration::from_secs(120)));
        assert_eq!(probe_pause(300, None), Some(Duration::from_secs(600)));
        assert_eq!(probe_pause(1, Some(Duration::from_secs(30))), Some(Duration::from_secs(30)));
    }
}
