//! What every handler is given: settings, stores and doors.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use activitypub::render::Renderer;
use activitypub::resolve_account::Resolver;
use arc_swap::ArcSwapOption;
use config::{Clock, Config};
use db::Db;
use db::settings::Settings;
use entities::Urls;
use http_client::Client;
use kv::Kv;
use media::{Processor, ProcessorConfig, Store, StoreConfig};
use services::thread::Ancestors;

use crate::arrivals::Arrivals;
use crate::cookies::CookieKeys;
use crate::error::ApiResult;
use crate::ip_blocks::IpBlocks;

/// Administrators' changes made by another process are seen after this long.
const SETTINGS_AGE: Duration = Duration::from_secs(5);

/// Cheap to clone; all clones share what is inside.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The fields of [`App`], reached through it: `app.db`, `app.kv` …
pub struct Parts {
    pub config: Arc<Config>,
    pub db: Db,
    pub kv: Kv,
    pub http: Client,
    pub store: Store,
    pub media: Processor,
    pub urls: Urls,
    pub clock: Clock,
    pub renderer: Renderer,
    pub resolver: Resolver,
    pub cookies: CookieKeys,
    /// Beginnings of threads that were read lately.
    pub ancestors: Ancestors,
    /// Files that the worker fetches while somebody waits.
    pub arrivals: Arrivals,
    pub(crate) ip_blocks: IpBlocks,
    settings: ArcSwapOption<(Instant, Arc<Settings>)>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// An address in the configuration cannot be used.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let db = Db::connect_lazy(&config.database, "ferrodon-web")?;
        Self::with_db(config, db)
    }

    /// To be called after a change of `ip_blocks`.
    pub fn forget_ip_blocks(&self) {
        self.0.ip_blocks.forget();
    }

    /// The same on a pool that the caller made.
    ///
    /// # Errors
    /// As [`App::new`].
    pub fn with_db(config: Config, db: Db) -> anyhow::Result<Self> {
        let user_agent = format!("Ferrodon/{} (+{}/)", env!("CARGO_PKG_VERSION"), config.federation.base_url());
        let kv = Kv::connect_lazy(&config.redis.base)?;
        let http = Client::new(&config.federation, &user_agent)?;
        Ok(Self(Arc::new(Parts {
            resolver: Resolver::new(db.clone(), kv.clone(), http.clone(), config.federation.clone(), config.clock.clone()),
            db,
            kv,
            http,
            store: Store::new(StoreConfig { root: config.storage.root.clone(), url: config.storage.url.clone() }),
            media: Processor::new(ProcessorConfig {
                ffmpeg: config.storage.ffmpeg.clone().into(),
                ffprobe: config.storage.ffprobe.clone().into(),
                spool: std::env::temp_dir(),
            }),
            urls: Urls::new(&config),
            clock: config.clock.clone(),
            renderer: Renderer::new(&config),
            cookies: CookieKeys::derive(&config.secrets.key_base)?,
            ancestors: Ancestors::default(),
            arrivals: Arrivals::default(),
            ip_blocks: IpBlocks::default(),
            settings: ArcSwapOption::empty(),
            config: Arc::new(config),
        })))
    }

    /// What administrators set, at most five seconds old.
    ///
    /// # Errors
    /// The database does not answer and the settings were never read before.
    pub async fn settings(&self) -> ApiResult<Arc<Settings>> {
        let known = self.settings.load_full();
        if let Some(known) = &known
            && known.0.elapsed() < SETTINGS_AGE
        {
            return Ok(known.1.clone());
        }
        let read = async { db::settings::load(&mut *self.db.acquire().await?).await };
        match (read.await, known) {
            (Ok(settings), _) => {
                let settings = Arc::new(settings);
                self.settings.store(Some(Arc::new((Instant::now(), settings.clone()))));
                Ok(settings)
            }
            (Err(_), Some(known)) => Ok(known.1.clone()),
            (Err(error), None) => Err(error.into()),
        }
    }

    /// Whether documents are shown to signed requests only: `AUTHORIZED_FETCH`, else what the administrator set when the
    /// settings were last read; always in limited federation.
    #[must_use]
    pub fn authorized_fetch(&self) -> bool {
        let federation = &self.config.federation;
        let chosen = || self.settings.load().as_ref().is_some_and(|known| known.1.authorized_fetch.unwrap_or(false));
        federation.limited_federation || federation.authorized_fetch.unwrap_or_else(chosen)
    }

    /// Forgets the cached settings, after this process changed them.
    pub fn forget_settings(&self) {
        self.settings.store(None);
    }
}
