//! What all connections share.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderValue};
use config::{Clock, Web};
use db::Db;
use db::settings::{FeedAccess, Settings};
use kv::Kv;
use tokio::sync::watch;

use crate::FAREWELL;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::refusal::Refusal;
use crate::serve::Peer;

/// Settings may be this old when a stream is opened.
const SETTINGS_AGE: Duration = Duration::from_secs(10);

/// Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) web: Arc<Web>,
    pub(crate) clock: Clock,
    pub(crate) hub: Arc<Hub>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    farewell: watch::Sender<bool>,
    feeds: Arc<Mutex<Option<(Instant, FeedsOff)>>>,
}

/// Feeds that the administrators closed to all but those with a permission.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FeedsOff {
    pub(crate) local_live: bool,
    pub(crate) remote_live: bool,
    pub(crate) local_topic: bool,
    pub(crate) remote_topic: bool,
}

impl App {
    /// Begins to listen to Redis. Neither Redis nor PostgreSQL need be there yet.
    #[must_use]
    pub fn start(db: Db, kv: Kv, web: Web, clock: Clock) -> Self {
        let metrics = Arc::new(Metrics::default());
        let hub = Hub::start(kv, db.clone(), Arc::clone(&metrics));
        let limits = Arc::new(Limits::new(web.rate_limits));
        let (farewell, _) = watch::channel(false);
        Self { db, web: Arc::new(web), clock, hub, limits, metrics, farewell, feeds: Arc::default() }
    }

    pub(crate) fn say_farewell(&self) {
        self.farewell.send_replace(true);
    }

    /// Done when a session must go because the process ends; each has a moment of its own, so that clients do not all come back
    /// at once.
    pub(crate) fn leave(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut farewell = self.farewell.subscribe();
        let delay = FAREWELL.mul_f64(rand::random());
        async move {
            let _ = farewell.wait_for(|over| *over).await;
            tokio::time::sleep(delay).await;
        }
    }

    pub(crate) async fn conn(&self) -> Result<db::Conn, Refusal> {
        let _waiting = self.metrics.waiting_query();
        self.db.acquire().await.map_err(Refusal::from)
    }

    pub(crate) async fn feeds_off(&self) -> Result<FeedsOff, Refusal> {
        let known = *self.feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((read_at, feeds)) = known
            && read_at.elapsed() < SETTINGS_AGE
        {
            return Ok(feeds);
        }
        let settings = db::settings::load(&mut *self.conn().await?).await?;
        let feeds = FeedsOff::from(&settings);
        *self.feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((Instant::now(), feeds));
        Ok(feeds)
    }

    /// The client behind the proxies. `None` for one that no proxy named: then all clients would seem to be one.
    pub(crate) fn client_address(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
        let forwarded: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        let Peer(peer) = peer;
        let address = self.web.client_address(peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), &forwarded.join(","));
        let is_proxy = self.web.trusted_proxies.iter().any(|range| range.contains(&address));
        (!is_proxy).then_some(address)
    }
}

impl From<&Settings> for FeedsOff {
    fn from(settings: &Settings) -> Self {
        let off = |access: FeedAccess| access == FeedAccess::Disabled;
        Self {
            local_live: off(settings.local_live_feed_access),
            remote_live: off(settings.remote_live_feed_access),
            local_topic: off(settings.local_topic_feed_access),
            remote_topic: off(settings.remote_topic_feed_access),
        }
    }
}

/// The proxy's id if it sent a sensible one, so that its log and ours can be read together.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get("x-request-id").filter(|id| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=255).contains(&id.len()) && id.as_bytes().iter().all(plain)
    });
    let fresh = || HeaderValue::try_from(uuid::Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("-"));
    given.cloned().unwrap_or_else(fresh)
}
