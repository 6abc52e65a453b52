//! The loop that takes jobs, runs them side by side, and writes down how they ended.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use db::Db;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::store::{self, Wanted};
use super::{Next, Outcome, Taken, after};
use crate::job::Lane;
use crate::pace::Pace;
use crate::presence::Presence;

/// Runs jobs. The worker implements it with its handlers, tests with whatever they want to happen.
pub trait Execute: Send + Sync + 'static {
    /// Ends within the job's own limit of time. A panic counts as a failure.
    fn execute(&self, job: &Taken) -> impl Future<Output = Outcome> + Send;
}

/// How many jobs of a lane run at a time in this process.
#[derive(Debug, Clone, Copy)]
pub struct LaneSettings {
    pub lane: Lane,
    pub concurrency: usize,
}

/// The jobs that run, and those that ended and are not yet written down.
struct Hands {
    lanes: Vec<LaneSettings>,
    running: JoinSet<Outcome>,
    jobs: HashMap<Id, Taken>,
    settled: Vec<(Taken, Next)>,
}

/// Runs until `stop` says so; then finishes what runs, but no longer than `patience`, and gives the rest back.
pub(crate) async fn run<E: Execute>(
    db: Db,
    presence: Arc<Presence>,
    lanes: Vec<LaneSettings>,
    execute: Arc<E>,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
) {
    let mut hands = Hands { lanes, running: JoinSet::new(), jobs: HashMap::new(), settled: Vec::new() };
    let mut pace = Pace::new();
    let mut backlog = Backlog::new();
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = hands.running.join_next_with_id() => {
                hands.collect(ended);
                // A job often leaves others behind: look at once.
                pace.hurry();
            }
            () = sleep_until(pace.next()) => {}
        }
        hands.collect_ended();
        hands.write(&db, &mut pace).await;
        if pace.due() {
            let wanted = hands.wanted();
            if wanted.is_empty() {
                pace.wait_for_room();
                continue;
            }
            let recent = backlog.recent();
            match take(&db, &presence, &wanted, recent).await {
                Ok(taken) => {
                    backlog.saw(recent, taken.len());
                    pace.took(taken.len());
                    for job in taken {
                        hands.start(&execute, job);
                    }
                }
                Err(error) => pace.failed("taking jobs", &error),
            }
        }
    }
    hands.finish(&db, Instant::now() + patience).await;
}

async fn take(db: &Db, presence: &Presence, wanted: &[Wanted], recent: bool) -> Result<Vec<Taken>, sqlx::Error> {
    let mut conn = db.acquire().await?;
    store::take(&mut conn, presence.id(), wanted, recent).await
}

impl Hands {
    fn start<E: Execute>(&mut self, execute: &Arc<E>, job: Taken) {
        let task = self.running.spawn({
            let (execute, job) = (Arc::clone(execute), job.clone());
            async move { execute.execute(&job).await }
        });
        self.jobs.insert(task.id(), job);
    }

    fn wanted(&self) -> Vec<Wanted> {
        let wanted = self.lanes.iter().map(|settings| {
            let of_lane = self.jobs.values().filter(|job| job.lane == settings.lane);
            let (mut jobs, mut suspects) = (0, 0);
            for job in of_lane {
                jobs += 1;
                suspects += usize::from(job.suspect);
            }
            let free = settings.concurrency.saturating_sub(jobs);
            Wanted { lane: settings.lane, jobs: free, suspects: usize::from(suspects == 0 && free > 0) }
        });
        wanted.filter(|wanted| wanted.jobs > 0).collect()
    }

    fn collect(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                let id = error.id();
                let message = if error.is_panic() { panic_message(error) } else { error.to_string() };
                (id, Outcome::Failed(message))
            }
        };
        let Some(job) = self.jobs.remove(&id) else { return };
        note(&job, &outcome);
        let next = after(job.limits, outcome, rand::random_range(0..10));
        self.settled.push((job, next));
    }

    fn collect_ended(&mut self) {
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.collect(ended);
        }
    }

    /// What cannot be written now is kept for the next round: a job that is forgotten would stay in the hand of a worker
    /// that lives.
    async fn write(&mut self, db: &Db, pace: &mut Pace) {
        if self.settled.is_empty() {
            return;
        }
        match settle(db, &self.settled).await {
            Ok(()) => self.settled.clear(),
            Err(error) => pace.failed("writing down how jobs ended", &error),
        }
    }

    async fn finish(mut self, db: &Db, deadline: Instant) {
        let mut pace = Pace::new();
        while let Ok(Some(ended)) = timeout_at(deadline, self.running.join_next_with_id()).await {
            self.collect(ended);
            self.collect_ended();
            self.write(db, &mut pace).await;
        }
        self.running.shutdown().await;
        self.write(db, &mut pace).await;
        let rest: Vec<Taken> = self.jobs.into_values().collect();
        if !rest.is_empty()
            && let Err(error) = release(db, &rest).await
        {
            // Nobody lost: the reaper of another worker, or the next start, frees what a worker without a row holds.
            tracing::warn!(target: "ferrodon", %error, jobs = rest.len(), "jobs could not be given back");
        }
    }
}

async fn settle(db: &Db, settled: &[(Taken, Next)]) -> Result<(), sqlx::Error> {
    let mut conn = db.acquire().await?;
    store::settle(&mut conn, settled).await
}

async fn release(db: &Db, jobs: &[Taken]) -> Result<(), sqlx::Error> {
    let mut conn = db.acquire().await?;
    store::release(&mut conn, jobs).await
}

fn note(job: &Taken, outcome: &Outcome) {
    match outcome {
        Outcome::Done => tracing::debug!(target: "ferrodon", id = job.id, kind = job.kind, "done"),
        Outcome::Discarded(reason) => tracing::debug!(target: "ferrodon", id = job.id, kind = job.kind, reason, "discarded"),
        Outcome::Failed(error) => {
            tracing::warn!(target: "ferrodon", id = job.id, kind = job.kind, attempt = job.limits.attempt, error, "job failed");
        }
        Outcome::Refused(error) => {
            tracing::warn!(target: "ferrodon", id = job.id, kind = job.kind, error, "job refused for good");
        }
        Outcome::Unknown => tracing::error!(target: "ferrodon", id = job.id, kind = job.kind, "no handler has this name"),
    }
}

fn panic_message(error: JoinError) -> String {
    let payload = match error.try_into_panic() {
        Ok(payload) => payload,
        Err(error) => return error.to_string(),
    };
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}

/// Decides when a take may look only at what became due just now: while nothing older waits, and not every tenth time.
#[derive(Debug)]
struct Backlog {
    takes: u32,
    older_waits: bool,
}

impl Backlog {
    fn new() -> Self {
        Self { takes: 0, older_waits: true }
    }

    fn recent(&mut self) -> bool {
        self.takes = self.takes.wrapping_add(1);
        !self.older_waits && !self.takes.is_multiple_of(10)
    }

    fn saw(&mut self, recent: bool, taken: usize) {
        if !recent {
            self.older_waits = taken > 0;
        }
    }
}
