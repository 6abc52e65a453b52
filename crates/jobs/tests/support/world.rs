//! Made-up handlers and servers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use db::Db;
use jobs::{Delivery, DeliveryOutcome, Execute, Job, Lane, LaneSettings, Outcome, Settings, Taken, Transport};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Does what it is told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Play {
    pub(crate) number: i64,
    pub(crate) act: Act,
    pub(crate) key: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    #[default]
    Succeed,
    Fail,
    Panic,
    Hang,
}

impl Job for Play {
    const KIND: &'static str = "play";
    const LANE: Lane = Lane::Default;
    const RETRIES: i16 = 1;

    fn dedup_key(&self) -> Option<String> {
        self.key.clone()
    }
}

/// Remembers what it was given to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage {
    played: Arc<Mutex<Vec<i64>>>,
}

impl Stage {
    pub(crate) fn played(&self) -> Vec<i64> {
        let mut played = self.played.lock().unwrap().clone();
        played.sort_unstable();
        played
    }
}

impl Execute for Stage {
    async fn execute(&self, job: &Taken) -> Outcome {
        if job.kind != Play::KIND {
            return Outcome::Unknown;
        }
        let play: Play = serde_json::from_str(&job.args).unwrap();
        self.played.lock().unwrap().push(play.number);
        match play.act {
            Act::Succeed => Outcome::Done,
            Act::Fail => Outcome::Failed("told to".to_owned()),
            Act::Panic => panic!("told to"),
            Act::Hang => std::future::pending().await,
        }
    }
}

/// Servers by host; those without an entry accept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Internet {
    hosts: Arc<Mutex<HashMap<String, Weather>>>,
    received: Arc<Mutex<Vec<(String, String)>>>,
    busiest: Arc<Mutex<HashMap<String, (usize, usize)>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fine,
    Refuses,
    Fails,
    Asks(u64),
    Hangs,
}

impl Internet {
    pub(crate) fn set(&self, host: &str, weather: Weather) {
        self.hosts.lock().unwrap().insert(host.to_owned(), weather);
    }

    /// Inbox and body of what was accepted, in order of arrival.
    pub(crate) fn received(&self) -> Vec<(String, String)> {
        self.received.lock().unwrap().clone()
    }

    /// Most attempts at one time.
    pub(crate) fn busiest(&self, host: &str) -> usize {
        self.busiest.lock().unwrap().get(host).map_or(0, |(_, most)| *most)
    }
}

impl Transport for Internet {
    async fn deliver(&self, delivery: &Delivery) -> DeliveryOutcome {
        {
            let mut busiest = self.busiest.lock().unwrap();
            let (now, most) = busiest.entry(delivery.host.clone()).or_default();
            *now += 1;
            *most = (*most).max(*now);
        }
        let weather = self.hosts.lock().unwrap().get(&delivery.host).copied().unwrap_or(Weather::Fine);
        let outcome = match weather {
            Weather::Fine => {
                let body = String::from_utf8(delivery.body.to_vec()).unwrap();
                self.received.lock().unwrap().push((delivery.inbox_url.clone(), body));
                DeliveryOutcome::Accepted
            }
            Weather::Refuses => DeliveryOutcome::Refused("status 410".to_owned()),
            Weather::Fails => DeliveryOutcome::Failed { reason: "status 500".to_owned(), retry_after: None },
            Weather::Asks(seconds) => {
                DeliveryOutcome::Failed { reason: "status 429".to_owned(), retry_after: Some(Duration::from_secs(seconds)) }
            }
            Weather::Hangs => std::future::pending().await,
        };
        self.busiest.lock().unwrap().get_mut(&delivery.host).unwrap().0 -= 1;
        outcome
    }
}

/// A worker within this process.
pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<jobs::Result<()>>,
}

impl Worker {
    pub(crate) fn start(db: &Db, stage: &Stage, internet: &Internet, patience: Duration) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (stage, internet) = (Arc::new(stage.clone()), Arc::new(internet.clone()));
        let task = tokio::spawn(jobs::run(db.clone(), settings(patience), stage, internet, stopped));
        Self { stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap().unwrap();
    }
}

pub(crate) fn settings(patience: Duration) -> Settings {
    Settings {
        lanes: vec![LaneSettings { lane: Lane::Default, concurrency: 4 }],
        deliveries: Some(16),
        session_locks: true,
        patience,
        version: "test",
    }
}

/// Waits until a statement says true; fails after twenty seconds.
pub(crate) async fn until(db: &Db, condition: &'static str) {
    for _ in 0..400 {
        let mut conn = db.acquire().await.unwrap();
        if sqlx::query_scalar(condition).fetch_one(&mut *conn).await.unwrap() {
            return;
        }
        drop(conn);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never came true: {condition}");
}

pub(crate) async fn count(db: &Db, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(&mut *db.acquire().await.unwrap()).await.unwrap()
}

pub(crate) async fn change(db: &Db, statement: &'static str) {
    sqlx::query(statement).execute(&mut *db.acquire().await.unwrap()).await.unwrap();
}
