//! Names to addresses that may be connected to. The client connects to what is returned here and asks nobody else, so a name
//! cannot be judged by one answer and used by another.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::error::Refusal;
use crate::guard::Guard;
use crate::limits;

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
