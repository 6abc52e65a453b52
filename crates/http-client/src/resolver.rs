//! Names to addresses that may be connected to. The client connects to what is returned here and asks nobody else, so a name
//! cannot be judged by one answer and used by another.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hickory_resolver::config::{LookupIpStrategy, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{TokioResolver, lookup::Lookup};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::error::Refusal;
use crate::guard::Guard;
use crate::limits;

/// Who takes letters for a domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MailServers {
    /// These names besides the domain itself.
    At(Vec<String>),
    /// Nobody.
    Nowhere,
    /// No answer came, or nobody asked.
    #[default]
    Unknown,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
pub(crate) struct GuardedResolver {
    /// `None` behind a proxy: the names asked for are then the proxy's own.
    guard: Option<Guard>,
    /// Known without asking, with the port to use where the URL names none.
    hosts: Arc<HashMap<String, SocketAddr>>,
    /// Made at the first question: it wants a running Tokio.
    resolver: Arc<OnceLock<TokioResolver>>,
}

impl GuardedResolver {
    pub(crate) fn new(guard: Option<Guard>, hosts: HashMap<String, SocketAddr>) -> Self {
        Self { guard, hosts: Arc::new(hosts), resolver: Arc::default() }
    }

    fn resolver(&self) -> Result<&TokioResolver, BoxError> {
        if let Some(resolver) = self.resolver.get() {
            return Ok(resolver);
        }
        // Without /etc/resolv.conf only the hosts file is left.
        let mut builder = TokioResolver::builder_tokio()
            .unwrap_or_else(|_| TokioResolver::builder_with_config(ResolverConfig::default(), TokioRuntimeProvider::default()));
        let options = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.use_hosts_file = ResolveHosts::Always;
        let resolver = builder.build()?;
        Ok(self.resolver.get_or_init(|| resolver))
    }

    async fn lookup(&self, name: &str) -> Result<Vec<SocketAddr>, BoxError> {
        if let Some(address) = self.hosts.get(name) {
            pick(std::iter::once(address.ip()), self.guard.as_ref())?;
            return Ok(vec![*address]);
        }
        let lookup = self.resolver()?.lookup_ip(name);
        let answer = tokio::time::timeout(limits::RESOLVE, lookup).await.map_err(|_| "the name took too long to resolve")??;
        let addresses = pick(answer.iter(), self.guard.as_ref())?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
    }
}

impl GuardedResolver {
    pub(crate) async fn mail_servers(&self, domain: &str) -> MailServers {
        if self.hosts.contains_key(domain) {
            return MailServers::At(Vec::new());
        }
        let Ok(resolver) = self.resolver() else { return MailServers::Unknown };
        // With a dot at its end no search domain of this machine is tried.
        let asked = tokio::time::timeout(limits::RESOLVE, resolver.mx_lookup(format!("{domain}.")));
        let servers = match asked.await {
            Ok(answer) => match exchanges(answer) {
                Some(servers) => servers,
                None => return MailServers::Unknown,
            },
            Err(_) => return MailServers::Unknown,
        };
        // RFC 7505: a domain that takes no letters says so by one empty name.
        if servers == [""] {
            return MailServers::Nowhere;
        }
        let names: Vec<String> = std::iter::once(domain.to_owned()).chain(servers.iter().cloned()).collect();
        for name in names {
            match tokio::time::timeout(limits::RESOLVE, resolver.lookup_ip(format!("{name}."))).await {
                Ok(Err(error)) if error.is_no_records_found() => {}
                // One address is enough, and without an answer nobody is turned away.
                _ => return MailServers::At(servers),
            }
        }
        MailServers::Nowhere
    }
}

/// Names in small letters without the dot at their end; `None` if there was no answer.
fn exchanges(answer: Result<Lookup, NetError>) -> Option<Vec<String>> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if error.is_no_records_found() => return Some(Vec::new()),
        Err(_) => return None,
    };
    let names = answer.answers().iter().filter_map(|record| match &record.data {
        RData::MX(mx) => Some(mx.exchange.to_ascii().trim_end_matches('.').to_ascii_lowercase()),
        _ => None,
    });
    Some(names.collect())
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move { Ok(Box::new(this.lookup(name.as_str()).await?.into_iter()) as Addrs) })
    }
}

/// Two of each family at most, and none that the guard refuses; a refusal is an error when nothing else is left.
fn pick(found: impl Iterator<Item = IpAddr>, guard: Option<&Guard>) -> Result<Vec<IpAddr>, Refusal> {
    let (mut v4, mut v6, mut refusal) = (Vec::new(), Vec::new(), None);
    for address in found {
        match guard.map_or(Ok(()), |guard| guard.judge_address(address)) {
            Ok(()) if address.is_ipv4() => v4.push(address),
            Ok(()) => v6.push(address),
            Err(error) => refusal = Some(error),
        }
    }
    v4.truncate(limits::ADDRESSES);
    v6.truncate(limits::ADDRESSES);
    v6.append(&mut v4);
    match refusal {
        Some(refusal) if v6.is_empty() => Err(refusal),
        _ => Ok(v6),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::pick;
    use crate::error::Refusal;
    use crate::guard::Guard;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_name_with_a_private_address_is_used_by_its_public_ones_only() {
        let guard = Guard::new(Vec::new());
        let found = addresses(&["10.0.0.1", "93.184.216.34", "::1", "2606:4700::1"]);
        assert_eq!(pick(found.into_iter(), Some(&guard)), Ok(addresses(&["2606:4700::1", "93.184.216.34"])));
        assert_eq!(
            pick(addresses(&["127.0.0.1"]).into_iter(), Some(&guard)),
            Err(Refusal::Address("127.0.0.1".parse().unwrap()))
        );
    }

    #[test]
    fn not_more_than_two_addresses_of_a_family_are_tried() {
        let found = addresses(&["1.0.0.1", "1.0.0.2", "1.0.0.3", "2606::1", "2606::2", "2606::3"]);
        assert_eq!(pick(found.into_iter(), None), Ok(addresses(&["2606::1", "2606::2", "1.0.0.1", "1.0.0.2"])));
    }
}
