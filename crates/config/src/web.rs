//! Where a process listens, and whose `X-Forwarded-For` it believes.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use ipnet::IpNet;

use crate::federation::ranges;
use crate::source::{Error, Source};

#[derive(Debug, Clone)]
pub struct Web {
    pub listen: Listen,
    /// `TRUSTED_PROXY_IP`; loopback and private ranges when it is not set.
    pub trusted_proxies: Vec<IpNet>,
    /// `RAILS_SERVE_STATIC_FILES`: serve `/system` ourselves, where no nginx does.
    pub serve_files: bool,
    /// `FERRODON_RATE_LIMITS=false` switches the limits off: for load tests and the recorded worlds.
    pub rate_limits: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// `PORT` is `None` when it is not set: web takes 3000 then, streaming 4000.
    Tcp {
        address: IpAddr,
        port: Option<u16>,
    },
    Socket(PathBuf),
}

impl Web {
    pub(crate) fn read(source: &Source) -> Result<Self, Error> {
        let listen = if let Some(path) = source.text("SOCKET") {
            Listen::Socket(PathBuf::from(path))
        } else {
            let address = match source.text("BIND") {
                None => IpAddr::V4(Ipv4Addr::LOCALHOST),
                Some(name) if name == "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
                Some(text) => text
                    .trim_matches(['[', ']'])
                    .parse()
                    .map_err(|_| Error::invalid("BIND", format!("{text:?} is not an address")))?,
            };
            let port = match source.text("PORT") {
                None => None,
                Some(_) => Some(source.number("PORT", 0)?),
            };
            Listen::Tcp { address, port }
        };
        let configured = ranges(source, "TRUSTED_PROXY_IP")?;
        Ok(Self {
            listen,
            trusted_proxies: if configured.is_empty() { private_ranges() } else { configured },
            serve_files: source.flag("RAILS_SERVE_STATIC_FILES"),
            rate_limits: source.text("FERRODON_RATE_LIMITS").is_none_or(|value| value != "false"),
        })
    }

    /// The client's address: the last one of `X-Forwarded-For` that is not a trusted proxy, as Rails decides it.
    /// A peer that is not trusted itself is the client.
    #[must_use]
    pub fn client_address(&self, peer: IpAddr, forwarded_for: &str) -> IpAddr {
        let trusted = |address: &IpAddr| self.trusted_proxies.iter().any(|range| range.contains(address));
        if !trusted(&peer) {
            return peer;
        }
        let named: Vec<IpAddr> = forwarded_for.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        named.iter().rev().find(|address| !trusted(address)).or_else(|| named.first()).copied().unwrap_or(peer)
    }
}

fn private_ranges() -> Vec<IpNet> {
    ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "169.254.0.0/16", "fe80::/10"]
        .iter()
        .filter_map(|range| range.parse().ok())
        .collect()
}
