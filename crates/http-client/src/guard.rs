//! Where a request may go. Names are judged by the addresses that they resolve to (`resolver`), at the start and again after
//! each redirect; addresses written into a URL are judged here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

use crate::error::Refusal;

#[derive(Debug, Clone)]
pub struct Guard {
    /// `ALLOWED_PRIVATE_ADDRESSES`
    allowed: Vec<IpNet>,
}

impl Guard {
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// # Errors
    /// The address is not public and no configured range exempts it.
    pub fn judge_address(&self, address: IpAddr) -> Result<(), Refusal> {
        let address = address.to_canonical();
        if is_public(address) || self.allowed.iter().any(|range| range.contains(&address)) {
            Ok(())
        } else {
            Err(Refusal::Address(address))
        }
    }

    /// What can be said before resolving. `http` tells whether plain http will do.
    ///
    /// # Errors
    /// Scheme, user info, hidden services, and literal addresses that are not public.
    pub fn judge_url(&self, url: &Url, http: bool) -> Result<(), Refusal> {
        match url.scheme() {
            "https" => {}
            "http" if http => {}
            _ => return Err(Refusal::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Userinfo);
        }
        match url.host().ok_or(Refusal::Malformed)? {
            Host::Ipv4(address) => self.judge_address(address.into()),
            Host::Ipv6(address) => self.judge_address(address.into()),
            Host::Domain(name) => judge_name(name),
        }
    }
}

fn judge_name(name: &str) -> Result<(), Refusal> {
    let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    if last.eq_ignore_ascii_case("onion") || last.eq_ignore_ascii_case("i2p") { Err(Refusal::HiddenService) } else { Ok(()) }
}

/// Globally reachable unicast, by the special-purpose registries of IANA (RFC 6890 and later entries).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

/// Only 2000::/3 is handed out; out of it go the ranges that carry IPv4 inside (Teredo in 2001::/23, 6to4 2002::/16) or are
/// for documents. NAT64, unique local, link local and the rest lie outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::Guard;
    use crate::error::Refusal;

    #[test]
    fn private_addresses_are_refused_in_every_spelling() {
        let guard = Guard::new(Vec::new());
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[100::1]",
            "[2001::1]",
            "[2001:10::1]",
            "[2001:20::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[3fff::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fd12::1]",
            "[fe80::1]",
            "[ff02::1]",
        ] {
            let url = format!("https://{host}/inbox").parse().unwrap();
            assert!(matches!(guard.judge_url(&url, false), Err(Refusal::Address(_))), "{host}");
        }
        for host in ["93.184.216.34", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[2a00:1450::1]", "[2001:4860::8888]"] {
            let url = format!("https://{host}/").parse().unwrap();
            assert_eq!(guard.judge_url(&url, false), Ok(()), "{host}");
        }
    }

    #[test]
    fn an_exempted_range_opens_only_itself() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        assert_eq!(guard.judge_address("127.0.0.11".parse().unwrap()), Ok(()));
        assert_eq!(guard.judge_address("::ffff:127.0.0.11".parse().unwrap()), Ok(()));
        assert!(guard.judge_address("10.0.0.1".parse().unwrap()).is_err());
        assert!(guard.judge_address("::1".parse().unwrap()).is_err());
    }

    #[test]
    fn schemes_names_and_passwords_are_judged() {
        let guard = Guard::new(Vec::new());
        let judge = |url: &str, http| guard.judge_url(&url.parse().unwrap(), http);
        assert_eq!(judge("http://remote.example/", false), Err(Refusal::Scheme));
        assert_eq!(judge("http://remote.example/", true), Ok(()));
        assert_eq!(judge("ftp://remote.example/", true), Err(Refusal::Scheme));
        assert_eq!(judge("https://a:b@remote.example/", true), Err(Refusal::Userinfo));
        assert_eq!(judge("https://hidden.onion./", true), Err(Refusal::HiddenService));
    }
}
