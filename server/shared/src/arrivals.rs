//! Being told when the worker has fetched a file, for those few who wait for one. PostgreSQL carries the word (`jobs::media::tell_fetched`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use db::Db;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// Without a word it is looked again after this long: the connection may have broken, or lead through a pooler that passes no words on.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The connection is given up when nobody has waited for this long.
const IDLE: Duration = Duration::from_secs(60);

/// Shared by all who wait; holds a connection only while somebody does.
#[derive(Debug, Clone, Default)]
pub struct Arrivals(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    told: watch::Sender<()>,
    listening: AtomicBool,
}

/// One who waits.
#[derive(Debug)]
pub struct Waiting(watch::Receiver<()>);

impl Arrivals {
    /// From now on no arrival is missed; so first this, then a look whether the file is there.
    #[must_use]
    pub fn wait(&self, db: &Db) -> Waiting {
        let waiting = Waiting(self.0.told.subscribe());
        if !self.0.listening.swap(true, Ordering::AcqRel) {
            let (shared, db) = (Arc::clone(&self.0), db.clone());
            tokio::spawn(async move {
                if let Err(error) = listen(&shared.told, &db).await {
                    tracing::debug!(%error, "nobody tells of files that have come");
                }
                shared.listening.store(false, Ordering::Release);
            });
        }
        waiting
    }
}

impl Waiting {
    /// Until something has come, or for a moment, but not past `end`. False: it is over.
    pub async fn next(&mut self, end: Instant) -> bool {
        let moment = end.min(Instant::now() + LOOK_AGAIN);
        // A sender that is gone ends the wait at once; the look that follows is as good as any.
        let _ = timeout_at(moment, self.0.changed()).await;
        Instant::now() < end
    }
}

/// On a connection of its own, so that it takes none from those who work.
async fn listen(told: &watch::Sender<()>, db: &Db) -> Result<(), sqlx::Error> {
    let options = PgConnectOptions::clone(&db.pool().connect_options());
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(jobs::media::FETCHED).await?;
    told.send_replace(());
    loop {
        match timeout(IDLE, listener.recv()).await {
            Ok(heard) => {
                heard?;
                told.send_replace(());
            }
            Err(_) if told.receiver_count() == 0 => return Ok(()),
            Err(_) => {}
        }
    }
}
