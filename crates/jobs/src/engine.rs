//! One worker process: its presence, its loops, and how it stops.

use std::sync::Arc;
use std::time::Duration;

use db::Db;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::error::{Error, Result};
use crate::job::Lane;
use crate::outbound::{self, Transport};
use crate::presence::{self, Presence};
use crate::queue::{self, Execute, LaneSettings};

/// What one process does.
#[derive(Debug, Clone)]
pub struct Settings {
    pub lanes: Vec<LaneSettings>,
    /// Deliveries at a time over all hosts; `None`: this process sends none.
    pub deliveries: Option<usize>,
    /// False behind a pooler in transaction mode: the life of this process is then known by its lease alone, and its work
    /// is taken over after a minute instead of two seconds.
    pub session_locks: bool,
    /// How long running work may take to end once the process is told to stop.
    pub patience: Duration,
    pub version: &'static str,
}

/// Works until `stop` becomes true; then takes nothing more, lets what runs end, gives back the rest and leaves.
///
/// # Errors
/// The database could not be reached at the start (later it may come and go), or a loop broke.
pub async fn run<E: Execute, T: Transport>(
    db: Db,
    settings: Settings,
    execute: Arc<E>,
    transport: Arc<T>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let lanes: Vec<&str> = settings.lanes.iter().map(|settings| settings.lane.as_str()).collect();
    let presence = Presence::register(&db, settings.session_locks, settings.version, lanes.join(",")).await?;
    let presence = Arc::new(presence);
    let (gone, until_gone) = watch::channel(false);
    let mut guard = JoinSet::new();
    guard.spawn(Arc::clone(&presence).keep(db.clone(), until_gone));

    let mut loops = JoinSet::new();
    let Settings { lanes, deliveries, patience, .. } = settings;
    loops.spawn(queue::run(db.clone(), Arc::clone(&presence), lanes, execute, stop.clone(), patience));
    if let Some(places) = deliveries {
        loops.spawn(outbound::run(db.clone(), Arc::clone(&presence), places, transport, stop, patience));
    }
    let mut result = Ok(());
    while let Some(ended) = loops.join_next().await {
        if let Err(error) = ended {
            // Half a worker must not go on: the process ends, and who watches over it starts it again.
            result = Err(Error::Crashed(error.to_string()));
            loops.shutdown().await;
        }
    }
    gone.send_replace(true);
    guard.join_all().await;
    presence.leave(&db).await?;
    result
}

/// Runs every job and sends every delivery that is due, one after the other in the calling task, until nothing is. Returns
/// how many ran. For tests: one `drain` at a time, and no other worker on the database.
///
/// # Errors
/// The database's.
pub async fn drain<E: Execute, T: Transport>(db: &Db, execute: &E, transport: &T) -> Result<usize> {
    let presence = Presence::register(db, false, "drain", String::new()).await?;
    let mut ran = 0;
    loop {
        let jobs = run_due(db, presence.id(), execute).await?;
        let deliveries = outbound::send_due(db, presence.id(), transport).await?;
        if jobs + deliveries == 0 {
            break;
        }
        ran += jobs + deliveries;
    }
    presence.leave(db).await?;
    Ok(ran)
}

async fn run_due<E: Execute>(db: &Db, worker: i32, execute: &E) -> Result<usize> {
    let wanted = Lane::ALL.map(|lane| queue::store::Wanted { lane, jobs: 50, suspects: 1 });
    let mut ran = 0;
    loop {
        let mut conn = db.acquire().await?;
        presence::extend(&mut conn, worker).await?;
        let taken = queue::store::take(&mut conn, worker, &wanted, false).await?;
        drop(conn);
        if taken.is_empty() {
            return Ok(ran);
        }
        let mut settled = Vec::new();
        for job in taken {
            let outcome = execute.execute(&job).await;
            let next = queue::after(job.limits, outcome, 0);
            settled.push((job, next));
            ran += 1;
        }
        queue::store::settle(&mut *db.acquire().await?, &settled).await?;
    }
}
