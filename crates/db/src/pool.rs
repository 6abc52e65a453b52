//! The pool and the transaction one holds.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::Duration;

use config::{Database, Target};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

/// A pool of connections; cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pool: PgPool,
}

/// One connection outside a transaction, for reads.
pub type Conn = PoolConnection<Postgres>;

/// A transaction. Dropping it rolls back; only the outermost function (endpoint, job, command) commits.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
}

impl Db {
    /// Connects when first asked; a server that is down is an error of the first query, not of start-up.
    ///
    /// # Errors
    /// The URL cannot be read.
    pub fn connect_lazy(settings: &Database, application: &str) -> Result<Self, sqlx::Error> {
        let options = connect_options(settings, application)?;
        let pool = PgPoolOptions::new()
            .max_connections(settings.pool)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(Duration::from_secs(300))
            .max_lifetime(Duration::from_secs(1800))
            // A check would cost one round trip for each request; a dead connection fails its query and leaves the pool.
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// A pool that somebody else configured: tests.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool }
    }

    /// # Errors
    /// No connection could be had within five seconds.
    pub async fn acquire(&self) -> Result<Conn, sqlx::Error> {
        self.pool.acquire().await
    }

    /// # Errors
    /// As [`Db::acquire`].
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        Ok(Tx { inner: self.pool.begin().await? })
    }

    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl Tx {
    /// # Errors
    /// The commit failed; nothing was written.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

/// Options for a connection of one's own (liveness locks, listeners), with the same target as the pool.
///
/// # Errors
/// The URL cannot be read.
pub fn connect_options(settings: &Database, application: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options = match &settings.target {
        Target::Url(url) => PgConnectOptions::from_str(url)?,
        Target::Parts { host, port, name, user, password, ssl_mode } => {
            let mut options = PgConnectOptions::new_without_pgpass().port(*port).database(name).username(user);
            options = if host.starts_with('/') { options.socket(host) } else { options.host(host) };
            if let Some(password) = password {
                options = options.password(password);
            }
            options.ssl_mode(PgSslMode::from_str(ssl_mode)?)
        }
    };
    Ok(options.application_name(application).options([
        ("idle_in_transaction_session_timeout", "60s"),
        ("client_connection_check_interval", "500ms"),
        ("timezone", "UTC"),
    ]))
}
