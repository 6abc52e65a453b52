//! One multiplexed connection per process that is made when first needed, and made anew after every loss.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use config::RedisServer;
use redis::aio::{MultiplexedConnection, PubSub};
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, FromRedisValue, RedisError};
use tokio::sync::Mutex;

/// No request may wait longer than two seconds on Redis: one for the connection, one for the answer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// After a connection that could not be made or an answer that did not come, calls fail at once for this long.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// The last attempt, less than a second ago, got no answer.
    #[error("Redis does not answer")]
    Unavailable,
    #[error("Redis holds something unexpected: {0}")]
    Unexpected(String),
}

/// Cheap to clone; all clones share the connection.
#[derive(Clone)]
pub struct Kv(Arc<Inner>);

struct Inner {
    target: Target,
    current: Mutex<Option<Current>>,
    started: Instant,
    /// Milliseconds after `started` until which nothing is tried.
    pause_until: AtomicU64,
    generation: AtomicU64,
}

enum Target {
    Direct(Box<Client>),
    Sentinel(Box<Mutex<SentinelClient>>),
}

#[derive(Clone)]
struct Current {
    connection: MultiplexedConnection,
    generation: u64,
}

impl std::fmt::Debug for Kv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kv")
    }
}

impl Kv {
    /// Does not connect: a Redis that is away at start is found when it comes back.
    ///
    /// # Errors
    /// The address cannot be understood.
    pub fn connect_lazy(server: &RedisServer) -> Result<Self, Error> {
        Ok(Self(Arc::new(Inner {
            target: target(server)?,
            current: Mutex::new(None),
            started: Instant::now(),
            pause_until: AtomicU64::new(0),
            generation: AtomicU64::new(0),
        })))
    }

    /// One round trip, for health checks.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn ping(&self) -> Result<(), Error> {
        self.run(&redis::cmd("PING")).await
    }

    pub(crate) async fn run<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Error> {
        let mut current = self.connection().await?;
        match command.query_async(&mut current.connection).await {
            Ok(value) => Ok(value),
            Err(error) if self.lost(&current, &error).await => {
                let mut current = self.connection().await?;
                Ok(command.query_async(&mut current.connection).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn pipe<T: FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, Error> {
        let mut current = self.connection().await?;
        match pipeline.query_async(&mut current.connection).await {
            Ok(value) => Ok(value),
            Err(error) if self.lost(&current, &error).await => {
                let mut current = self.connection().await?;
                Ok(pipeline.query_async(&mut current.connection).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Walks the keys that match, without holding Redis up, and deletes them. Answers how many there were.
    pub(crate) async fn unlink_matching(&self, pattern: &str) -> Result<u64, Error> {
        let mut cursor: u64 = 0;
        let mut deleted = 0;
        loop {
            let mut scan = redis::cmd("SCAN");
            let (next, keys): (u64, Vec<Vec<u8>>) =
                self.run(scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(1000)).await?;
            if !keys.is_empty() {
                deleted += self.run::<u64>(redis::cmd("UNLINK").arg(keys)).await?;
            }
            if next == 0 {
                return Ok(deleted);
            }
            cursor = next;
        }
    }

    /// A connection of its own that only listens; it is not made anew by itself.
    pub(crate) async fn pubsub(&self) -> Result<PubSub, Error> {
        let client = self.client().await?;
        match tokio::time::timeout(TIMEOUT, client.get_async_pubsub()).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(Error::Unavailable),
        }
    }

    async fn client(&self) -> Result<Client, Error> {
        match &self.0.target {
            Target::Direct(client) => Ok(Client::clone(client)),
            Target::Sentinel(sentinels) => {
                let mut sentinels = sentinels.lock().await;
                match tokio::time::timeout(TIMEOUT, sentinels.async_get_client()).await {
                    Ok(client) => Ok(client?),
                    Err(_) => Err(Error::Unavailable),
                }
            }
        }
    }

    async fn connection(&self) -> Result<Current, Error> {
        self.check_pause()?;
        // Held while connecting, so that a thousand waiting requests make one connection.
        let mut slot = self.0.current.lock().await;
        if let Some(current) = slot.as_ref() {
            return Ok(current.clone());
        }
        self.check_pause()?;
        match self.connect().await {
            Ok(connection) => {
                let generation = self.0.generation.fetch_add(1, Ordering::Relaxed);
                Ok(slot.insert(Current { connection, generation }).clone())
            }
            Err(error) => {
                self.pause();
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Error> {
        let settings = AsyncConnectionConfig::new().set_connection_timeout(Some(TIMEOUT)).set_response_timeout(Some(TIMEOUT));
        Ok(self.client().await?.get_multiplexed_async_connection_with_config(&settings).await?)
    }

    /// Drops a connection that is of no more use. True if the command may be tried once more.
    async fn lost(&self, used: &Current, error: &RedisError) -> bool {
        // After a fail-over the old master answers READONLY for as long as it lives.
        let demoted = error.code() == Some("READONLY");
        let dropped = error.is_connection_dropped() || error.is_unrecoverable_error() || demoted;
        if !dropped && !error.is_timeout() {
            return false;
        }
        let mut slot = self.0.current.lock().await;
        if slot.as_ref().is_some_and(|current| current.generation == used.generation) {
            *slot = None;
            if error.is_timeout() {
                self.pause();
            }
        }
        dropped && !error.is_timeout()
    }

    fn check_pause(&self) -> Result<(), Error> {
        if self.elapsed() < self.0.pause_until.load(Ordering::Relaxed) {
            return Err(Error::Unavailable);
        }
        Ok(())
    }

    fn pause(&self) {
        let pause = u64::try_from(PAUSE.as_millis()).unwrap_or_default();
        self.0.pause_until.store(self.elapsed().saturating_add(pause), Ordering::Relaxed);
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn target(server: &RedisServer) -> Result<Target, Error> {
    match server {
        RedisServer::Url(url) => Ok(Target::Direct(Box::new(Client::open(url.as_str())?))),
        RedisServer::Sentinel { nodes, master, database, user, password, sentinel_user, sentinel_password } => {
            let nodes = nodes.iter().map(|(host, port)| ConnectionAddr::Tcp(host.clone(), *port));
            let mut builder =
                SentinelClientBuilder::new(nodes, master, SentinelServerType::Master)?.set_client_to_redis_db(*database);
            if let Some(user) = user {
                builder = builder.set_client_to_redis_username(user);
            }
            if let Some(password) = password {
                builder = builder.set_client_to_redis_password(password);
            }
            if let Some(user) = sentinel_user {
                builder = builder.set_client_to_sentinel_username(user);
            }
            if let Some(password) = sentinel_password {
                builder = builder.set_client_to_sentinel_password(password);
            }
            Ok(Target::Sentinel(Box::new(Mutex::new(builder.build()?))))
        }
    }
}
