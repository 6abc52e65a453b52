//! The environment, read once and under Mastodon's own variable names. Neighbours take the typed structs, never the environment.

pub mod clock;
mod database;
mod dotenv;
mod federation;
mod logging;
mod mail;
mod redis;
mod secrets;
mod source;
mod storage;
mod web;

use std::path::Path;

pub use clock::Clock;
pub use database::{Database, Target};
pub use federation::Federation;
pub use logging::Logging;
pub use mail::{Mail, MailMethod, Smtp, StartTls};
pub use redis::{Redis, RedisServer};
pub use secrets::{EncryptionKeys, Secrets, Vapid};
pub use source::{Error, Source};
pub use storage::Storage;
pub use web::{Listen, Web};

/// Everything that one process is told from outside.
#[derive(Debug, Clone)]
pub struct Config {
    pub federation: Federation,
    pub database: Database,
    pub redis: Redis,
    pub storage: Storage,
    pub mail: Mail,
    pub secrets: Secrets,
    pub web: Web,
    pub logging: Logging,
    pub clock: Clock,
}

impl Config {
    /// Reads the environment; variables that it lacks come from `.env.<RAILS_ENV>` (`production` by default) in the
    /// working directory, if that file exists, as Mastodon's own start-up does.
    ///
    /// # Errors
    /// The first variable that is missing or cannot be read, by its name.
    pub fn from_env() -> Result<Self, Error> {
        let mut source = Source::from_process();
        let environment = source.text("RAILS_ENV").unwrap_or_else(|| "production".to_owned());
        source.add_file(Path::new(&format!(".env.{environment}")))?;
        Self::from_source(&source)
    }

    /// The same from given variables: tests and tools use it.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn from_source(source: &Source) -> Result<Self, Error> {
        if source.text("REDIS_NAMESPACE").is_some() {
            return Err(Error::invalid("REDIS_NAMESPACE", "key prefixes are not supported since Mastodon 4.4; remove it"));
        }
        let federation = Federation::read(source)?;
        Ok(Self {
            database: Database::read(source)?,
            redis: Redis::read(source)?,
            storage: Storage::read(source, &federation)?,
            mail: Mail::read(source, &federation)?,
            secrets: Secrets::read(source)?,
            web: Web::read(source)?,
            logging: Logging::read(source)?,
            clock: Clock::System,
            federation,
        })
    }

    /// Variables that Mastodon understands, that are set, and that this version does not act on: worth a warning at start.
    #[must_use]
    pub fn ignored(source: &Source) -> Vec<&'static str> {
        const UNSUPPORTED: &[&str] = &[
            "ES_ENABLED",
            "LDAP_ENABLED",
            "PAM_ENABLED",
            "OIDC_ENABLED",
            "SAML_ENABLED",
            "CAS_ENABLED",
            "DEEPL_API_KEY",
            "LIBRE_TRANSLATE_ENDPOINT",
            "HCAPTCHA_SECRET_KEY",
            "CACHE_BUSTER_ENABLED",
            "REPLICA_DATABASE_URL",
            "REPLICA_DB_HOST",
            "MASTODON_PROMETHEUS_EXPORTER_ENABLED",
        ];
        UNSUPPORTED.iter().copied().filter(|name| source.text(name).is_some_and(|value| value != "false")).collect()
    }
}
