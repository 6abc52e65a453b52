//! Scopes, redirect addresses and secrets: the rules of OAuth that registration, consent page and token endpoint share.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

/// The address that means "show the code to the person".
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// What an application gets that names no scope.
pub const DEFAULT_SCOPE: &str = "read";

/// Every scope there is, in the order of the metadata document.
pub const SCOPES: &[&str] = &[
    "read",
    "profile",
    "write",
    "write:accounts",
    "write:blocks",
    "write:bookmarks",
    "write:collections",
    "write:conversations",
    "write:favourites",
    "write:filters",
    "write:follows",
    "write:lists",
    "write:media",
    "write:mutes",
    "write:notifications",
    "write:reports",
    "write:statuses",
    "read:accounts",
    "read:blocks",
    "read:bookmarks",
    "read:collections",
    "read:favourites",
    "read:filters",
    "read:follows",
    "read:lists",
    "read:mutes",
    "read:notifications",
    "read:search",
    "read:statuses",
    "follow",
    "push",
    "admin:read",
    "admin:read:accounts",
    "admin:read:reports",
    "admin:read:domain_allows",
    "admin:read:domain_blocks",
    "admin:read:ip_blocks",
    "admin:read:email_domain_blocks",
    "admin:read:canonical_email_blocks",
    "admin:write",
    "admin:write:accounts",
    "admin:write:reports",
    "admin:write:domain_allows",
    "admin:write:domain_blocks",
    "admin:write:ip_blocks",
    "admin:write:email_domain_blocks",
    "admin:write:canonical_email_blocks",
];

/// The scopes of a space-separated text, each once.
#[must_use]
pub fn split(scopes: &str) -> Vec<&str> {
    let mut list = Vec::new();
    for scope in scopes.split_whitespace() {
        if !list.contains(&scope) {
            list.push(scope);
        }
    }
    list
}

/// Whether this server knows all of them.
#[must_use]
pub fn all_known(scopes: &str) -> bool {
    split(scopes).iter().all(|scope| SCOPES.contains(scope))
}

/// The scopes to grant: those asked for, if the application was registered with each of them; the default, as far as it was,
/// if none are asked for. `None`: the request asks for too much, or for nothing that could be granted.
#[must_use]
pub fn grantable(asked: Option<&str>, registered: &str) -> Option<String> {
    let registered = split(registered);
    let asked = match asked.map(str::trim).filter(|text| !text.is_empty()) {
        Some(asked) => split(asked),
        None => split(DEFAULT_SCOPE).into_iter().filter(|scope| registered.contains(scope)).collect(),
    };
    let fits = !asked.is_empty() && asked.iter().all(|scope| SCOPES.contains(scope) && registered.contains(scope));
    fits.then(|| asked.join(" "))
}

/// Whether a request may redirect to `uri`: it must be one of the registered lines. Only the port of an address on the
/// person's own machine is free (RFC 8252, 7.3), because programs there listen where there is room.
#[must_use]
pub fn is_registered(uri: &str, registered: &str) -> bool {
    registered.split_whitespace().any(|line| line == uri || same_but_port(uri, line))
}

fn same_but_port(uri: &str, line: &str) -> bool {
    let loopback = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        let local = url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
        (local && url.username().is_empty() && url.password().is_none()).then(|| {
            let _ = url.set_port(None);
            url
        })
    };
    matches!((loopback(uri), loopback(line)), (Some(one), Some(other)) if one == other)
}

/// What is wrong with the addresses of a registration, in Doorkeeper's words and order; empty if nothing is.
#[must_use]
pub fn redirect_complaints(uris: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for line in uris.split_whitespace().filter(|line| *line != OUT_OF_BAND) {
        let Some((scheme, rest)) = line.split_once(':') else {
            found.push("must be an absolute URI.");
            continue;
        };
        let valid = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if !valid || line.contains(['<', '>', '"', '\\', '^', '`', '{', '|', '}']) || !line.is_ascii() {
            found.push("must be a valid URI.");
            continue;
        }
        if ["data", "vbscript", "javascript"].iter().any(|forbidden| scheme.eq_ignore_ascii_case(forbidden)) {
            found.push("is forbidden by the server.");
        }
        if line.contains('#') {
            found.push("cannot contain a fragment.");
        }
        if !rest.starts_with('/') || scheme == "localhost" {
            found.push("must specify a scheme.");
        }
        if matches!(scheme, "http" | "https")
            && Url::parse(line).ok().and_then(|url| url.host_str().map(str::is_empty)) != Some(false)
        {
            found.push("must be a valid URI.");
        }
    }
    found
}

/// A new token, code, client id or secret: 32 random bytes as 43 characters.
///
/// # Errors
/// The system has no random bytes.
pub fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::{grantable, is_registered, redirect_complaints};

    #[test]
    fn an_application_gets_no_more_than_it_registered() {
        assert_eq!(grantable(None, "read write").as_deref(), Some("read"));
        assert_eq!(grantable(Some("read write read"), "write read").as_deref(), Some("read write"));
        assert_eq!(grantable(Some("admin:read"), "read write"), None);
        assert_eq!(grantable(Some("read:accounts"), "read"), None);
        assert_eq!(grantable(None, "profile"), None);
    }

    #[test]
    fn only_registered_addresses_are_redirected_to() {
        let registered = "https://client.example/cb\nurn:ietf:wg:oauth:2.0:oob\nhttp://127.0.0.1/back";
        assert!(is_registered("https://client.example/cb", registered));
        assert!(is_registered("http://127.0.0.1:4711/back", registered));
        for near_miss in [
            "https://client.example/cb/",
            "https://client.example/cb?x=1",
            "https://client.example/CB",
            "https://client.example/%63b",
            "https://user@client.example/cb",
            "https://client.example:444/cb",
            "https://client.example\\@evil.example/cb",
            "https://client.example/cb#f",
            "http://client.example/cb",
            "http://localhost:4711/back",
            "http://127.0.0.1:4711/other",
            "",
        ] {
            assert!(!is_registered(near_miss, registered), "{near_miss}");
        }
    }

    #[test]
    fn addresses_of_a_registration_are_judged_as_doorkeeper_does() {
        assert_eq!(redirect_complaints("javascript:alert(1)"), ["is forbidden by the server.", "must specify a scheme."]);
        assert!(redirect_complaints("myapp://cb\nmyapp:/cb\nhttp://x.example/\nurn:ietf:wg:oauth:2.0:oob").is_empty());
        assert_eq!(redirect_complaints("https://x.example/#a"), ["cannot contain a fragment."]);
        assert_eq!(redirect_complaints("/cb"), ["must be an absolute URI."]);
    }
}
