//! How often a loop asks the database: quickly while there is work and for a second after it, since work makes work; then more
//! and more seldom, down to twenty times a second: what is posted should be seen at once.

use std::time::Duration;

use tokio::time::Instant;

/// Between two takes, so that a busy loop takes several jobs at once.
const BUSY: Duration = Duration::from_millis(5);
const FIRST: Duration = Duration::from_millis(10);
const IDLE: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Pace {
    last: Instant,
    next: Instant,
    pause: Duration,
}

impl Pace {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { last: now, next: now, pause: FIRST }
    }

    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    pub(crate) fn due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// There may be work: look as soon as the shortest pause allows.
    pub(crate) fn hurry(&mut self) {
        self.next = self.next.min(self.last + BUSY);
    }

    pub(crate) fn took(&mut self, number: usize) {
        self.pause = match number {
            0 => (self.pause * 5 / 4).clamp(FIRST, IDLE),
            _ => FIRST,
        };
        self.wait(if number == 0 { self.pause } else { BUSY });
    }

    /// Everything is in use: an ending job calls [`Pace::hurry`].
    pub(crate) fn wait_for_room(&mut self) {
        self.wait(IDLE);
    }

    /// The database is away or refuses: the pause grows to two seconds, and the log says so once in a while.
    pub(crate) fn failed(&mut self, doing: &'static str, error: &sqlx::Error) {
        tracing::warn!(target: "ferrodon", %error, "{doing} failed");
        self.pause = (self.pause * 2).clamp(FIRST, LONGEST);
        self.wait(self.pause);
    }

    fn wait(&mut self, pause: Duration) {
        self.last = Instant::now();
        self.next = self.last + pause;
    }
}
