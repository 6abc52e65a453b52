//! What every handler is given: settings, stores and doors.

use std::ops::Deref;
use std::sync::Arc;

use activitypub::render::Renderer;
use activitypub::resolve_account::Resolver;
use config::{Clock, Config};
use db::Db;
use entities::Urls;
use http_client::Client;
use kv::Kv;
use media::{Processor, ProcessorConfig, Store, StoreConfig};

use crate::jobs::deliver::Signers;
use crate::jobs::web_push::Sender;
use crate::mail::Mailer;

/// Cheap to clone; all clones share what is inside.
#[derive(Clone)]
pub struct Context(Arc<Parts>);

/// The fields of [`Context`], reached through it: `context.db`, `context.kv` …
pub struct Parts {
    pub config: Config,
    pub db: Db,
    pub kv: Kv,
    pub http: Client,
    pub store: Store,
    pub media: Processor,
    pub urls: Urls,
    pub clock: Clock,
    pub renderer: Renderer,
    pub resolver: Resolver,
    pub(crate) mailer: Mailer,
    pub(crate) push: Sender,
    pub(crate) signers: Signers,
}

impl Deref for Context {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Context {
    /// What incoming activities need.
    pub(crate) fn inbox(&self) -> inbox::Inbox<'_> {
        inbox::Inbox {
            config: &self.config,
            db: &self.db,
            kv: &self.kv,
            http: &self.http,
            resolver: &self.resolver,
            renderer: &self.renderer,
        }
    }

    /// Connects to nothing yet.
    ///
    /// # Errors
    /// An address or key in the configuration cannot be used.
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let db = Db::connect_lazy(&config.database, "ferrodon-worker")?;
        Self::with_db(config, db)
    }

    /// The same on a pool that the caller made.
    ///
    /// # Errors
    /// As [`Context::new`].
    pub fn with_db(config: Config, db: Db) -> anyhow::Result<Self> {
        let user_agent = format!("Ferrodon/{} (+{}/)", env!("CARGO_PKG_VERSION"), config.federation.base_url());
        let kv = Kv::connect_lazy(&config.redis.base)?;
        let http = Client::new(&config.federation, &user_agent)?;
        let clock = config.clock.clone();
        Ok(Self(Arc::new(Parts {
            store: Store::new(StoreConfig { root: config.storage.root.clone(), url: config.storage.url.clone() }),
            media: Processor::new(ProcessorConfig {
                ffmpeg: config.storage.ffmpeg.clone().into(),
                ffprobe: config.storage.ffprobe.clone().into(),
                spool: std::env::temp_dir(),
            }),
            urls: Urls::new(&config),
            renderer: Renderer::new(&config),
            resolver: Resolver::new(db.clone(), kv.clone(), http.clone(), config.federation.clone(), clock.clone()),
            mailer: Mailer::new(config.mail.clone())?,
            push: Sender::new(&config.secrets)?,
            signers: Signers::new(),
            db,
            kv,
            http,
            clock,
            config,
        })))
    }
}
