//! The loop that sends deliveries.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use db::Db;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::policy::{HostState, after, share};
use super::store::{self, Ended};
use super::{Delivery, DeliveryOutcome, upkeep};
use crate::pace::Pace;
use crate::presence::Presence;

/// Past this an attempt counts as failed, whatever the transport does.
const LONGEST_ATTEMPT: Duration = Duration::from_mins(1);
/// An attempt older than this no longer occupies a place: hosts that hang do not use up the places of those that answer.
const QUICK: Duration = Duration::from_secs(3);
/// Attempts of any age at a time, as a multiple of the places.
const SLOW_FACTOR: usize = 4;
/// Hosts looked at in one round.
const HOSTS: i32 = 256;
const UNDEFER: Duration = Duration::from_secs(5);

/// Brings a document to an inbox. The worker implements it with signatures and HTTP, tests with whatever they want to happen.
pub trait Transport: Send + Sync + 'static {
    fn deliver(&self, delivery: &Delivery) -> impl Future<Output = DeliveryOutcome> + Send;
}

/// The attempts under way, and those that ended and are not yet written down.
struct Flights {
    places: usize,
    running: JoinSet<DeliveryOutcome>,
    started: HashMap<Id, (Instant, Delivery)>,
    ended: Vec<Ended>,
    /// The last host served: the next round begins after it.
    cursor: String,
    undeferred: Instant,
}

/// Runs until `stop` says so; then waits for what is under way, but no longer than `patience`, and gives the rest back.
pub(crate) async fn run<T: Transport>(
    db: Db,
    presence: Arc<Presence>,
    places: usize,
    transport: Arc<T>,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
) {
    let mut flights = Flights::new(places);
    let mut pace = Pace::new();
    let mut upkeep_at = Instant::now();
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = flights.running.join_next_with_id() => {
                flights.collect(ended);
                pace.hurry();
            }
            () = sleep_until(pace.next()) => {}
        }
        flights.collect_ended();
        flights.write(&db, &mut pace).await;
        if !pace.due() {
            continue;
        }
        if upkeep_at <= Instant::now() {
            upkeep_at = Instant::now() + Duration::from_secs(1);
            if let Err(error) = flights.upkeep(&db).await {
                pace.failed("looking after silent hosts", &error);
                continue;
            }
        }
        match flights.take(&db, presence.id()).await {
            Ok(taken) => {
                pace.took(taken.len());
                for delivery in taken {
                    flights.start(&transport, delivery);
                }
            }
            Err(error) => pace.failed("taking deliveries", &error),
        }
    }
    flights.finish(&db, Instant::now() + patience).await;
}

/// Sends what is due in the calling task, one round after the other, until nothing is. Returns the number of attempts.
pub(crate) async fn send_due<T: Transport>(db: &Db, worker: i32, transport: &T) -> Result<usize, sqlx::Error> {
    let mut flights = Flights::new(64);
    let mut attempts = 0;
    loop {
        flights.upkeep(db).await?;
        let taken = flights.take(db, worker).await?;
        if taken.is_empty() && flights.cursor.is_empty() {
            return Ok(attempts);
        }
        for delivery in taken {
            let outcome = transport.deliver(&delivery).await;
            flights.end(delivery, outcome);
            attempts += 1;
        }
        settle(db, &std::mem::take(&mut flights.ended)).await?;
    }
}

impl Flights {
    fn new(places: usize) -> Self {
        Self {
            places,
            running: JoinSet::new(),
            started: HashMap::new(),
            ended: Vec::new(),
            cursor: String::new(),
            undeferred: Instant::now(),
        }
    }

    fn free(&self) -> usize {
        let quick = self.started.values().filter(|(started, _)| started.elapsed() < QUICK).count();
        let all = (self.places * SLOW_FACTOR).saturating_sub(self.started.len());
        self.places.saturating_sub(quick).min(all)
    }

    async fn take(&mut self, db: &Db, worker: i32) -> Result<Vec<Delivery>, sqlx::Error> {
        let free = self.free();
        if free == 0 {
            return Ok(Vec::new());
        }
        let mut conn = db.acquire().await?;
        loop {
            let from_the_start = self.cursor.is_empty();
            let mut hosts = store::hosts(&mut conn, &self.cursor, HOSTS).await?;
            self.mark_slow(&mut hosts);
            let shares = share(&hosts, free);
            self.cursor = next_cursor(&hosts, &shares, free);
            if !shares.is_empty() {
                return store::take(&mut conn, worker, &shares).await;
            }
            if from_the_start || !self.cursor.is_empty() {
                return Ok(Vec::new());
            }
        }
    }

    fn mark_slow(&self, hosts: &mut [HostState]) {
        let late = self.started.values().filter(|(started, _)| started.elapsed() >= QUICK);
        let slow: HashSet<&str> = late.map(|(_, delivery)| delivery.host.as_str()).collect();
        for host in hosts {
            host.slow = slow.contains(host.host.as_str());
        }
    }

    fn start<T: Transport>(&mut self, transport: &Arc<T>, delivery: Delivery) {
        let task = self.running.spawn({
            let (transport, delivery) = (Arc::clone(transport), delivery.clone());
            async move {
                timeout(LONGEST_ATTEMPT, transport.deliver(&delivery)).await.unwrap_or_else(|_| DeliveryOutcome::Failed {
                    reason: "no answer within a minute".to_owned(),
                    retry_after: None,
                })
            }
        });
        self.started.insert(task.id(), (Instant::now(), delivery));
    }

    fn collect(&mut self, ended: Result<(Id, DeliveryOutcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), DeliveryOutcome::Hindered(error.to_string())),
        };
        if let Some((_, delivery)) = self.started.remove(&id) {
            self.end(delivery, outcome);
        }
    }

    fn collect_ended(&mut self) {
        while let Some(ended) = self.running.try_join_next_with_id() {
            self.collect(ended);
        }
    }

    fn end(&mut self, delivery: Delivery, outcome: DeliveryOutcome) {
        let next = after(delivery.attempt, delivery.max_attempts, &outcome, rand::random());
        tracing::debug!(target: "ferrodon", id = delivery.id, host = delivery.host, ?outcome, "delivery");
        self.ended.push(Ended { delivery, outcome, next });
    }

    /// What cannot be written now is kept for the next round.
    async fn write(&mut self, db: &Db, pace: &mut Pace) {
        if self.ended.is_empty() {
            return;
        }
        match settle(db, &self.ended).await {
            Ok(()) => self.ended.clear(),
            Err(error) => pace.failed("writing down how deliveries ended", &error),
        }
    }

    async fn upkeep(&mut self, db: &Db) -> Result<(), sqlx::Error> {
        let mut conn = db.acquire().await?;
        upkeep::probe(&mut conn).await?;
        if self.undeferred <= Instant::now() {
            let freed = upkeep::undefer(&mut conn).await?;
            let pause = if freed == 0 { UNDEFER } else { Duration::ZERO };
            self.undeferred = Instant::now() + pause;
        }
        Ok(())
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
        let rest: Vec<Delivery> = self.started.into_values().map(|(_, delivery)| delivery).collect();
        if !rest.is_empty()
            && let Err(error) = release(db, &rest).await
        {
            tracing::warn!(target: "ferrodon", %error, deliveries = rest.len(), "deliveries could not be given back");
        }
    }
}

/// Where the next round begins. Empty: at the first host.
fn next_cursor(hosts: &[HostState], shares: &[(&str, usize)], free: usize) -> String {
    let dealt: usize = shares.iter().map(|(_, number)| number).sum();
    let last_seen = hosts.last().map(|state| state.host.as_str());
    let last = if dealt >= free {
        shares.last().map(|(host, _)| *host)
    } else if i32::try_from(hosts.len()).is_ok_and(|seen| seen < HOSTS) {
        None
    } else {
        last_seen
    };
    last.unwrap_or_default().to_owned()
}

async fn settle(db: &Db, ended: &[Ended]) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    store::settle(&mut tx, ended).await?;
    tx.commit().await
}

async fn release(db: &Db, deliveries: &[Delivery]) -> Result<(), sqlx::Error> {
    let mut conn = db.acquire().await?;
    store::release(&mut conn, deliveries).await
}
