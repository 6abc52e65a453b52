//! Push services that do not answer, remembered in this process, so that messages to them leave their places to others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use moka::sync::Cache;

/// Services that are remembered; more push the oldest out.
const KNOWN: u64 = 10_000;
const FORGET: Duration = Duration::from_hours(1);
/// Messages at a time to a service that has not answered yet.
const STRANGER: u32 = 2;
/// Until a place there is free.
const OCCUPIED: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
const LONGEST_WISH: Duration = Duration::from_hours(1);

pub(super) struct Hosts(Cache<String, Arc<Mutex<Host>>>);

#[derive(Debug, Default)]
struct Host {
    inside: u32,
    /// It answered last time.
    answers: bool,
    silences: u32,
    closed_until: Option<Instant>,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Answered,
    /// No connection, or no answer in time.
    Silent,
    AskedToWait(Duration),
}

/// A place at a service, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Visit(Arc<Mutex<Host>>);

impl Hosts {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(KNOWN).time_to_idle(FORGET).build())
    }

    /// # Errors
    /// How long to stay away.
    pub(super) fn enter(&self, name: &str, now: Instant) -> Result<Visit, Duration> {
        let host = self.0.get_with(name.to_owned(), Arc::default);
        lock(&host).enter(now)?;
        Ok(Visit(host))
    }
}

impl Visit {
    pub(super) fn end(self, ended: Ended, now: Instant) {
        lock(&self.0).end(ended, now);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut host = lock(&self.0);
        host.inside = host.inside.saturating_sub(1);
    }
}

impl Host {
    fn enter(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(until) = self.closed_until
            && until > now
        {
            return Err(until - now);
        }
        let places = match (self.answers, self.silences) {
            (true, _) => u32::MAX,
            (false, 0) => STRANGER,
            // One finds out whether it is back.
            (false, _) => 1,
        };
        if self.inside >= places {
            return Err(OCCUPIED);
        }
        self.inside += 1;
        Ok(())
    }

    fn end(&mut self, ended: Ended, now: Instant) {
        match ended {
            Ended::Answered => {
                self.answers = true;
                self.silences = 0;
                self.closed_until = None;
            }
            Ended::Silent => {
                self.answers = false;
                let pause = FIRST_PAUSE.saturating_mul(1 << self.silences.min(6)).min(LONGEST_PAUSE);
                // What went out together counts once.
                if self.closed_until.is_none_or(|until| until <= now) {
                    self.silences += 1;
                    self.closed_until = Some(now + pause);
                }
            }
            Ended::AskedToWait(wish) => self.closed_until = Some(now + wish.min(LONGEST_WISH)),
        }
    }
}

fn lock(host: &Mutex<Host>) -> MutexGuard<'_, Host> {
    host.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Ended, FIRST_PAUSE, Hosts, LONGEST_PAUSE, OCCUPIED};

    #[test]
    fn a_stranger_gets_two_places_and_who_answers_as_many_as_there_are() {
        let (hosts, now) = (Hosts::new(), Instant::now());
        let first = hosts.enter("a", now).unwrap();
        let _second = hosts.enter("a", now).unwrap();
        assert_eq!(hosts.enter("a", now).unwrap_err(), OCCUPIED);
        assert!(hosts.enter("b", now).is_ok(), "each service has its own places");
        first.end(Ended::Answered, now);
        let many: Vec<_> = (0..100).map(|_| hosts.enter("a", now).unwrap()).collect();
        assert_eq!(many.len(), 100);
    }

    #[test]
    fn who_is_silent_is_left_alone_for_longer_each_time_and_then_asked_by_one() {
        let (hosts, mut now) = (Hosts::new(), Instant::now());
        let together = [hosts.enter("a", now).unwrap(), hosts.enter("a", now).unwrap()];
        together.into_iter().for_each(|visit| visit.end(Ended::Silent, now));
        assert_eq!(hosts.enter("a", now).unwrap_err(), FIRST_PAUSE);
        now += FIRST_PAUSE;
        let probe = hosts.enter("a", now).unwrap();
        assert_eq!(hosts.enter("a", now).unwrap_err(), OCCUPIED);
        probe.end(Ended::Silent, now);
        assert_eq!(hosts.enter("a", now).unwrap_err(), FIRST_PAUSE * 2);
        for _ in 0..20 {
            now += LONGEST_PAUSE;
            hosts.enter("a", now).unwrap().end(Ended::Silent, now);
        }
        assert_eq!(hosts.enter("a", now).unwrap_err(), LONGEST_PAUSE);
        now += LONGEST_PAUSE;
        hosts.enter("a", now).unwrap().end(Ended::Answered, now);
        assert!(hosts.enter("a", now).is_ok());
    }

    #[test]
    fn a_place_is_free_again_when_a_message_is_given_up() {
        let (hosts, now) = (Hosts::new(), Instant::now());
        drop([hosts.enter("a", now).unwrap(), hosts.enter("a", now).unwrap()]);
        assert!(hosts.enter("a", now).is_ok());
    }

    #[test]
    fn a_wish_to_be_left_alone_is_granted() {
        let (hosts, now) = (Hosts::new(), Instant::now());
        hosts.enter("a", now).unwrap().end(Ended::AskedToWait(Duration::from_secs(60)), now);
        assert_eq!(hosts.enter("a", now).unwrap_err(), Duration::from_secs(60));
    }
}
