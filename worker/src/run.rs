//! Starts everything, and stops it again.

use std::sync::Arc;
use std::time::Duration;

use jobs::guard::{self, Overrides};
use jobs::{Lane, LaneSettings, Settings};
use tokio::sync::watch;

use crate::context::Context;
use crate::jobs::registry;
use crate::registry::Executor;
use crate::schedule;

/// systemd and containers send SIGKILL after thirty seconds.
const PATIENCE: Duration = Duration::from_secs(25);
const DELIVERIES: usize = 256;

/// What one process does.
#[derive(Debug, Clone)]
pub struct Options {
    pub lanes: Vec<Lane>,
    /// Jobs at a time, dealt among the lanes; `None`: what suits most servers.
    pub concurrency: Option<usize>,
    pub overrides: Overrides,
}

/// Works until `stop` becomes true.
///
/// # Errors
/// The database is not as it must be, or Mastodon's own worker runs: the sentence says what to do.
pub async fn run(context: Context, options: Options, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    check(&context, options.overrides).await?;
    let settings = Settings {
        lanes: lane_settings(&options.lanes, options.concurrency),
        deliveries: options.lanes.contains(&Lane::Push).then_some(DELIVERIES),
        session_locks: context.config.database.prepared_statements,
        patience: PATIENCE,
        version: env!("CARGO_PKG_VERSION"),
    };
    let timetable = async {
        if options.lanes.contains(&Lane::Scheduler) {
            schedule::run(context.clone(), stop.clone()).await?;
        }
        anyhow::Ok(())
    };
    let executor = Arc::new(Executor { context: context.clone(), registry: registry() });
    let engine = async { Ok(jobs::run(context.db.clone(), settings, executor, Arc::new(context.clone()), stop.clone()).await?) };
    tokio::try_join!(engine, timetable)?;
    Ok(())
}

/// Runs all jobs and deliveries that are due in the calling task, until none is. Returns how many ran. For tests and the
/// conformance harness; no other worker may run on the database.
///
/// # Errors
/// The database's.
pub async fn drain(context: &Context) -> anyhow::Result<usize> {
    let executor = Executor { context: context.clone(), registry: registry() };
    Ok(jobs::drain(&context.db, &executor, context).await?)
}

async fn check(context: &Context, overrides: Overrides) -> anyhow::Result<()> {
    let mut conn = context.db.acquire().await?;
    db::schema::check(&mut conn).await?;
    // A Redis that is away has no Sidekiq either.
    let sidekiq = kv::sidekiq::live_processes(&context.kv).await.unwrap_or_default();
    guard::check(&mut conn, sidekiq.first().map(String::as_str), overrides).await?;
    Ok(())
}

/// Jobs at a time where nothing is said, and the proportion otherwise. Converting media uses a core for each.
pub(crate) fn usual(lane: Lane) -> usize {
    match lane {
        Lane::Default | Lane::Pull => 8,
        Lane::Push | Lane::Ingress => 6,
        Lane::Mailers => 2,
        Lane::Media | Lane::Scheduler => 1,
    }
}

fn lane_settings(lanes: &[Lane], concurrency: Option<usize>) -> Vec<LaneSettings> {
    let sum: usize = lanes.iter().map(|lane| usual(*lane)).sum();
    let dealt = |lane| concurrency.map_or_else(|| usual(lane), |total| (usual(lane) * total / sum.max(1)).max(1));
    lanes.iter().map(|lane| LaneSettings { lane: *lane, concurrency: dealt(*lane) }).collect()
}
