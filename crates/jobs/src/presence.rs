//! That a worker lives, and what happens to the work of those that do not.
//!
//! Each process keeps a row and a connection with a session lock. PostgreSQL frees the lock milliseconds after the process
//! dies, however it dies; others see that within two seconds. A lease of a minute is the backstop for hosts that vanish
//! without closing their connections, and for poolers that do not keep sessions.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use db::Db;
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// `FERR` in ASCII: the first half of the session locks' keys; the second is the worker's id.
const LOCK: i32 = 1_178_948_178;
const RENEWAL: Duration = Duration::from_secs(20);

/// Who this process is to the others.
#[derive(Debug)]
pub(crate) struct Presence {
    id: AtomicI32,
    /// False behind a pooler in transaction mode, where a session lock has no owner.
    locks: bool,
    version: &'static str,
    lanes: String,
}

impl Presence {
    /// Writes the row; [`Presence::keep`] must follow.
    pub(crate) async fn register(db: &Db, locks: bool, version: &'static str, lanes: String) -> Result<Self, sqlx::Error> {
        let mut conn = db.acquire().await?;
        let id = insert(&mut conn, version, &lanes).await?;
        Ok(Self { id: AtomicI32::new(id), locks, version, lanes })
    }

    pub(crate) fn id(&self) -> i32 {
        self.id.load(Ordering::Relaxed)
    }

    /// Keeps lock and lease, and frees what dead workers held, until `stop` changes.
    pub(crate) async fn keep(self: Arc<Self>, db: Db, mut stop: watch::Receiver<bool>) {
        let mut every_second = interval(Duration::from_secs(1));
        every_second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut session = None;
        let mut watchman = Watchman::default();
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => break,
                _ = every_second.tick() => {}
            }
            if let Err(error) = self.look_after(&db, &mut session, &mut watchman).await {
                tracing::warn!(target: "ferrodon", %error, "the worker's own connection failed");
                session = None;
                // Soon again: until the lock is back, others count the seconds.
                every_second.reset_after(Duration::from_millis(100));
            }
        }
    }

    async fn look_after(&self, db: &Db, session: &mut Option<PgConnection>, watchman: &mut Watchman) -> Result<(), sqlx::Error> {
        let conn = match session {
            Some(conn) => conn,
            None => {
                let mut conn = PgConnection::connect_with(&db.pool().connect_options()).await?;
                self.renew(&mut conn).await?;
                watchman.renewed = Some(Instant::now());
                watchman.locked = false;
                session.insert(conn)
            }
        };
        if watchman.renewed.is_none_or(|renewed| renewed.elapsed() >= RENEWAL) {
            if self.renew(conn).await? {
                watchman.locked = false;
            }
            watchman.renewed = Some(Instant::now());
            free_orphans(conn).await?;
        }
        if self.locks && !watchman.locked {
            watchman.locked = self.lock(conn).await?;
        }
        watchman.reap(conn, self.id()).await
    }

    /// Renews the lease. If others took this process for dead, it goes on under a new id: what it holds under the old one
    /// is no longer its own, and results under the old one are void. True: the id is new.
    async fn renew(&self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let renewed =
            sqlx::query!("update ferrodon.worker set lease_until = now() + interval '60 seconds' where id = $1", self.id())
                .execute(&mut *conn)
                .await?;
        if renewed.rows_affected() == 1 {
            return Ok(false);
        }
        let id = insert(conn, self.version, &self.lanes).await?;
        tracing::warn!(target: "ferrodon", old = self.id(), new = id, "this worker was taken for dead");
        self.id.store(id, Ordering::Relaxed);
        Ok(true)
    }

    /// After a broken connection the old session may hold the lock for a moment; until the next try the row says "not
    /// locked" and only the lease counts.
    async fn lock(&self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let locked = sqlx::query_scalar!(
            "update ferrodon.worker set locked = pg_try_advisory_lock($2, $1) where id = $1 returning locked",
            self.id(),
            LOCK
        )
        .fetch_optional(conn)
        .await?;
        Ok(locked.unwrap_or(false))
    }

    /// Says goodbye: what it still holds is freed at once.
    pub(crate) async fn leave(&self, db: &Db) -> Result<(), sqlx::Error> {
        let mut conn = db.acquire().await?;
        sqlx::query!("delete from ferrodon.worker where id = $1", self.id()).execute(&mut *conn).await?;
        Ok(())
    }
}

/// Renews the lease of a worker that has no loop of its own.
pub(crate) async fn extend(conn: &mut PgConnection, worker: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("update ferrodon.worker set lease_until = now() + interval '60 seconds' where id = $1", worker)
        .execute(conn)
        .await?;
    Ok(())
}

async fn insert(conn: &mut PgConnection, version: &str, lanes: &str) -> Result<i32, sqlx::Error> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    sqlx::query_scalar!(
        "insert into ferrodon.worker (pid, host, version, lanes) values ($1, $2, $3, $4) returning id",
        i32::try_from(std::process::id()).unwrap_or(i32::MAX),
        host.trim(),
        version,
        lanes,
    )
    .fetch_one(conn)
    .await
}

/// Remembers whose lock was missing at the last look: one miss may be a reconnection, two are a death.
#[derive(Debug, Default)]
struct Watchman {
    missing: HashSet<i32>,
    renewed: Option<Instant>,
    /// The session holds this process's lock.
    locked: bool,
}

impl Watchman {
    async fn reap(&mut self, conn: &mut PgConnection, own: i32) -> Result<(), sqlx::Error> {
        let suspects = sqlx::query!(
            r#"select w.id, w.lease_until < now() as "expired!" from ferrodon.worker w
               where w.id <> $1 and (w.lease_until < now() or w.locked and not exists (
                   select from pg_locks l
                   where l.locktype = 'advisory' and l.classid::bigint = $2 and l.objid::bigint = w.id and l.objsubid = 2
                     and l.database = (select oid from pg_database where datname = current_database())))"#,
            own,
            i64::from(LOCK),
        )
        .fetch_all(&mut *conn)
        .await?;
        let (dead, missing): (Vec<_>, Vec<_>) =
            suspects.into_iter().partition(|row| row.expired || self.missing.contains(&row.id));
        self.missing = missing.into_iter().map(|row| row.id).collect();
        if dead.is_empty() {
            return Ok(());
        }
        let dead: Vec<i32> = dead.into_iter().map(|row| row.id).collect();
        tracing::warn!(target: "ferrodon", workers = ?dead, "workers died; their work is taken over");
        sqlx::query!("delete from ferrodon.worker where id = any($1)", &dead).execute(&mut *conn).await?;
        free_orphans(conn).await
    }
}

/// Frees what is held by workers that have no row. A job that was in hand at a second death is buried as poison.
pub(crate) async fn free_orphans(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    let poison = sqlx::query!(
        r#"with gone as (
               delete from ferrodon.job j
               where worker is not null and deaths > 0
                 and not exists (select from ferrodon.worker w where w.id = j.worker)
               returning *
           )
           insert into ferrodon.dead (id, created_at, attempt, max_attempts, deaths, lane, kind, args, reason, last_error)
           select id, created_at, attempt, max_attempts, deaths + 1, lane, kind, args, 'poison', last_error from gone"#
    )
    .execute(&mut *conn)
    .await?;
    if poison.rows_affected() > 0 {
        tracing::error!(target: "ferrodon", jobs = poison.rows_affected(), "jobs were in hand at two deaths: quarantined");
    }
    sqlx::query!(
        r#"update ferrodon.job j set worker = null, deaths = deaths + 1
           where worker is not null and deaths = 0
             and not exists (select from ferrodon.worker w where w.id = j.worker)"#
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        r#"update ferrodon.delivery d set worker = null
           where worker is not null and not exists (select from ferrodon.worker w where w.id = d.worker)"#
    )
    .execute(conn)
    .await?;
    Ok(())
}
