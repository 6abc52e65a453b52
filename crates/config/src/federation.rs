//! Who this server is, and whom it talks to.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use crate::source::{Error, Source};

/// A mean year in seconds, Mastodon's default for both.
const YEAR: u32 = 31_556_952;

#[derive(Debug, Clone)]
pub struct Federation {
    /// `LOCAL_DOMAIN`: the part of handles after the `@`. Never changes in the life of a server.
    pub local_domain: String,
    /// `WEB_DOMAIN`: the host in URLs.
    pub web_domain: String,
    pub alternate_domains: Vec<String>,
    /// False only with `LOCAL_HTTPS=false`: URLs then begin with `http://`. For one's own machine.
    pub https: bool,
    pub single_user_mode: bool,
    pub limited_federation: bool,
    /// `AUTHORIZED_FETCH`; `None` leaves it to the administrator's setting.
    pub authorized_fetch: Option<bool>,
    pub disallow_unauthenticated_api: bool,
    /// `STREAMING_API_BASE_URL`, without a slash at its end.
    pub streaming_base: String,
    /// `ALLOWED_PRIVATE_ADDRESSES`: ranges that the guard lets through.
    pub allowed_private: Vec<IpNet>,
    /// `FERRODON_HOSTS`, `name=address:port` separated by commas: names that DNS is not asked for, and where they listen. For
    /// several servers on one machine; the guard judges these addresses like all others.
    pub hosts: HashMap<String, SocketAddr>,
    pub http_proxy: Option<String>,
    /// `SSL_CERT_FILE`: certificates in PEM that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    pub user_active_days: i64,
    /// Seconds that sessions nobody uses are kept.
    pub session_retention_seconds: u32,
    /// Seconds that addresses of sign-ups and sign-ins are kept.
    pub ip_retention_seconds: u32,
    pub max_follows_threshold: i64,
    pub max_follows_ratio: f64,
    pub followers_synchronization: bool,
    pub email_domain_allowlist: Vec<String>,
    pub email_domain_denylist: Vec<String>,
    pub default_locale: String,
    pub force_default_locale: bool,
    pub source_base_url: Option<String>,
}

impl Federation {
    pub(crate) fn read(source: &Source) -> Result<Self, Error> {
        let local_domain = source.required("LOCAL_DOMAIN")?.to_lowercase();
        if local_domain.contains(['/', '@', ' ']) {
            return Err(Error::invalid("LOCAL_DOMAIN", "a host name is wanted, without scheme or path"));
        }
        let web_domain = source.text("WEB_DOMAIN").map_or_else(|| local_domain.clone(), |d| d.to_lowercase());
        let https = source.text("LOCAL_HTTPS").is_none_or(|value| value != "false");
        let scheme = if https { "wss" } else { "ws" };
        let streaming_base = source.text("STREAMING_API_BASE_URL").unwrap_or_else(|| format!("{scheme}://{web_domain}"));
        Ok(Self {
            alternate_domains: source.list("ALTERNATE_DOMAINS", &[',']).into_iter().map(|d| d.to_lowercase()).collect(),
            single_user_mode: source.flag("SINGLE_USER_MODE"),
            limited_federation: source.flag("LIMITED_FEDERATION_MODE") || source.flag("WHITELIST_MODE"),
            authorized_fetch: source.text("AUTHORIZED_FETCH").map(|value| value == "true"),
            disallow_unauthenticated_api: source.flag("DISALLOW_UNAUTHENTICATED_API_ACCESS"),
            streaming_base: streaming_base.trim_end_matches('/').to_owned(),
            allowed_private: ranges(source, "ALLOWED_PRIVATE_ADDRESSES")?,
            hosts: hosts(source)?,
            http_proxy: source.text("http_proxy"),
            ca_file: source.text("SSL_CERT_FILE").map(PathBuf::from),
            user_active_days: source.number("USER_ACTIVE_DAYS", 7)?,
            session_retention_seconds: source.number("SESSION_RETENTION_PERIOD", YEAR)?,
            ip_retention_seconds: source.number("IP_RETENTION_PERIOD", YEAR)?,
            max_follows_threshold: source.number("MAX_FOLLOWS_THRESHOLD", 7500)?,
            max_follows_ratio: source.number("MAX_FOLLOWS_RATIO", 1.1)?,
            followers_synchronization: !source.flag("DISABLE_FOLLOWERS_SYNCHRONIZATION"),
            email_domain_allowlist: domains(source, "EMAIL_DOMAIN_ALLOWLIST", "EMAIL_DOMAIN_WHITELIST"),
            email_domain_denylist: domains(source, "EMAIL_DOMAIN_DENYLIST", "EMAIL_DOMAIN_BLACKLIST"),
            default_locale: source.text("DEFAULT_LOCALE").unwrap_or_else(|| "en".to_owned()),
            force_default_locale: source.flag("FORCE_DEFAULT_LOCALE"),
            source_base_url: source.text("SOURCE_BASE_URL"),
            local_domain,
            web_domain,
            https,
        })
    }

    /// `https://<WEB_DOMAIN>`, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.web_domain)
    }

    /// Whether the domain of a handle or URL is this server's own.
    #[must_use]
    pub fn is_local(&self, domain: &str) -> bool {
        let domain = domain.trim_end_matches('/');
        domain.eq_ignore_ascii_case(&self.local_domain)
            || domain.eq_ignore_ascii_case(&self.web_domain)
            || self.alternate_domains.iter().any(|known| known.eq_ignore_ascii_case(domain))
    }
}

fn domains(source: &Source, name: &str, old_name: &str) -> Vec<String> {
    let found = source.list(name, &['|', ',']);
    let found = if found.is_empty() { source.list(old_name, &['|', ',']) } else { found };
    found.into_iter().map(|domain| domain.to_lowercase()).collect()
}

fn hosts(source: &Source) -> Result<HashMap<String, SocketAddr>, Error> {
    let mut hosts = HashMap::new();
    for part in source.list("FERRODON_HOSTS", &[',', ' ']) {
        let (name, address) = part
            .split_once('=')
            .and_then(|(name, address)| Some((name.to_lowercase(), address.parse().ok()?)))
            .ok_or_else(|| Error::invalid("FERRODON_HOSTS", format!("{part:?} is not name=address:port")))?;
        hosts.insert(name, address);
    }
    Ok(hosts)
}

pub(crate) fn ranges(source: &Source, name: &'static str) -> Result<Vec<IpNet>, Error> {
    source
        .list(name, &[',', ' '])
        .into_iter()
        .map(|part| {
            part.parse::<IpNet>()
                .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| Error::invalid(name, format!("{part:?} is not an address or a range")))
        })
        .collect()
}
