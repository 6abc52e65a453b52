//! Redis: the base connection and the two that may stand apart from it (Sidekiq's for the bridge, Rails' cache for the flush).

use crate::source::{Error, Source};

#[derive(Debug, Clone)]
pub struct Redis {
    pub base: RedisServer,
    pub sidekiq: RedisServer,
    pub cache: RedisServer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisServer {
    /// `redis://`, `rediss://` or `unix://`, with user, password and database in it.
    Url(String),
    Sentinel {
        nodes: Vec<(String, u16)>,
        master: String,
        database: i64,
        user: Option<String>,
        password: Option<String>,
        sentinel_user: Option<String>,
        sentinel_password: Option<String>,
    },
}

impl Redis {
    pub(crate) fn read(source: &Source) -> Result<Self, Error> {
        let base = server(source, &BASE)?.unwrap_or_else(|| RedisServer::Url("redis://localhost:6379/0".to_owned()));
        Ok(Self {
            sidekiq: server(source, &SIDEKIQ)?.unwrap_or_else(|| base.clone()),
            cache: server(source, &CACHE)?.unwrap_or_else(|| base.clone()),
            base,
        })
    }
}

struct Names {
    url: &'static str,
    host: &'static str,
    port: &'static str,
    db: &'static str,
    user: &'static str,
    password: &'static str,
    sentinels: &'static str,
    master: &'static str,
    sentinel_port: &'static str,
    sentinel_user: &'static str,
    sentinel_password: &'static str,
}

macro_rules! names {
    ($prefix:literal) => {
        Names {
            url: concat!($prefix, "REDIS_URL"),
            host: concat!($prefix, "REDIS_HOST"),
            port: concat!($prefix, "REDIS_PORT"),
            db: concat!($prefix, "REDIS_DB"),
            user: concat!($prefix, "REDIS_USER"),
            password: concat!($prefix, "REDIS_PASSWORD"),
            sentinels: concat!($prefix, "REDIS_SENTINELS"),
            master: concat!($prefix, "REDIS_SENTINEL_MASTER"),
            sentinel_port: concat!($prefix, "REDIS_SENTINEL_PORT"),
            sentinel_user: concat!($prefix, "REDIS_SENTINEL_USERNAME"),
            sentinel_password: concat!($prefix, "REDIS_SENTINEL_PASSWORD"),
        }
    };
}

const BASE: Names = names!("");
const SIDEKIQ: Names = names!("SIDEKIQ_");
const CACHE: Names = names!("CACHE_");

fn server(source: &Source, names: &Names) -> Result<Option<RedisServer>, Error> {
    let password = source.text(names.password);
    let user = source.text(names.user);
    let database: i64 = source.number(names.db, 0)?;
    let sentinels = source.list(names.sentinels, &[',', ' ']);
    if !sentinels.is_empty() {
        let default_port = source.number(names.sentinel_port, 26379)?;
        let nodes = sentinels
            .iter()
            .map(|node| match node.rsplit_once(':') {
                Some((host, port)) => port
                    .parse()
                    .map(|port| (host.to_owned(), port))
                    .map_err(|_| Error::invalid(names.sentinels, format!("{node:?} has no port in range"))),
                None => Ok((node.clone(), default_port)),
            })
            .collect::<Result<_, _>>()?;
        return Ok(Some(RedisServer::Sentinel {
            nodes,
            master: source.required(names.master)?,
            database,
            sentinel_user: source.text(names.sentinel_user).or_else(|| user.clone()),
            sentinel_password: source.text(names.sentinel_password).or_else(|| password.clone()),
            user,
            password,
        }));
    }
    if let Some(url) = source.text(names.url) {
        if !["redis://", "rediss://", "unix://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(Error::invalid(names.url, "it must begin with redis://, rediss:// or unix://"));
        }
        return Ok(Some(RedisServer::Url(url)));
    }
    if source.text(names.host).is_none() && source.text(names.port).is_none() {
        return Ok(None);
    }
    let host = source.text(names.host).unwrap_or_else(|| "localhost".to_owned());
    let port: u16 = source.number(names.port, 6379)?;
    let mut url = url::Url::parse("redis://localhost").map_err(|error| Error::invalid(names.host, error.to_string()))?;
    url.set_host(Some(&host)).map_err(|error| Error::invalid(names.host, error.to_string()))?;
    url.set_path(&format!("/{database}"));
    // These three only fail on URLs that cannot have an authority; this one has.
    let _ = url.set_port(Some(port));
    let _ = url.set_username(user.as_deref().unwrap_or_default());
    let _ = url.set_password(password.as_deref());
    Ok(Some(RedisServer::Url(url.into())))
}
