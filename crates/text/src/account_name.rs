//! User names and domains: what is allowed, and the form in which they are stored.

/// Why a domain cannot be normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDomain;

/// Whether a new local account may have this user name, once white space around it is gone. Length is not judged here.
pub fn is_valid_username(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether another server's account may have this user name: also dots and hyphens between other characters.
pub fn is_valid_remote_username(name: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(ends) && name.ends_with(ends) && name.chars().all(|c| ends(c) || matches!(c, '.' | '-'))
}

/// The stored form of a domain: lower case, ASCII, without the dot or white space around it; a port stays.
pub fn normalize_domain(domain: &str) -> Result<String, InvalidDomain> {
    let trimmed = domain.trim();
    if trimmed.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '@' | '\\' | '<' | '>') || c.is_control()) {
        return Err(InvalidDomain);
    }
    if trimmed.is_ascii() {
        return Ok(trimmed.to_ascii_lowercase().trim_end_matches('.').to_owned());
    }
    let (host, port) = match trimmed.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => (host, Some(port)),
        _ => (trimmed, None),
    };
    // The older IDNA, which Mastodon uses, knows no ß.
    let host = host.replace('ß', "ss");
    let ascii = idna::domain_to_ascii(&host).map_err(|_| InvalidDomain)?;
    let ascii = ascii.trim_end_matches('.');
    Ok(port.map_or_else(|| ascii.to_owned(), |port| format!("{ascii}:{port}")))
}
