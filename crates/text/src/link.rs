//! Addresses in plain text: where they begin and end. The rules are those of twitter-text as Mastodon bends them.

mod domain;
mod path;

use crate::entity::{Entity, Kind};
use domain::Domains;

const PROTOCOLS: [&str; 9] = ["https", "http", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "gemini"];
const MAX_URL_CHARS: usize = 4096;
/// t.co codes end at the first character that is not a letter or digit, and long ones are no links.
const MAX_SHORT_CODE: usize = 40;

/// Addresses with one of the supported schemes and `://`.
pub fn urls(text: &str) -> Vec<Entity> {
    if !text.contains("://") {
        return Vec::new();
    }
    scan(text, |domains, at| {
        if let Some(host) = protocol(text, at)
            && let Some(host_end) = domains.match_at(host)
        {
            let end = path::after_domain(text, host_end);
            return Some((accept(text, at, host, host_end, end), end));
        }
        // An address without scheme is no link, but it swallows what a link could otherwise begin with.
        domains.match_at(at).map(|host_end| (None, path::after_domain(text, host_end)))
    })
}

/// `xmpp:` and `magnet:` addresses.
pub fn extra_uris(text: &str) -> Vec<Entity> {
    if !has_extra_scheme(text) {
        return Vec::new();
    }
    scan(text, |domains, at| {
        let rest = text.get(at..)?;
        let end = if starts_with_ignore_case(rest, "xmpp:") {
            xmpp_end(text, at + 5, domains)?
        } else if starts_with_ignore_case(rest, "magnet:") {
            path::query(text, at + 7)?
        } else {
            return None;
        };
        Some((Some(at..end), end))
    })
}

type Hit = (Option<std::ops::Range<usize>>, usize);

/// Tries `matcher` wherever an address may begin, and goes on after the end that it reports.
fn scan<'a>(text: &'a str, mut matcher: impl FnMut(&mut Domains<'a>, usize) -> Option<Hit>) -> Vec<Entity> {
    let mut domains = Domains::new(text);
    let mut found = Vec::new();
    let mut before = None;
    let mut free_from = 0;
    for (at, c) in text.char_indices() {
        let line_start = matches!(before, None | Some('\n'));
        let possible = line_start || (at > free_from && before.is_some_and(may_precede));
        before = Some(c);
        if at < free_from || !possible {
            continue;
        }
        if let Some((range, end)) = matcher(&mut domains, at) {
            free_from = end;
            found.extend(range.map(|range| Entity { kind: Kind::Url, range }));
        }
    }
    found
}

fn may_precede(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃' | '\u{fffe}' | '\u{feff}' | '\u{ffff}'))
}

/// The offset behind `scheme://` if one of the supported schemes stands at `at`.
fn protocol(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    PROTOCOLS
        .iter()
        .find(|name| starts_with_ignore_case(rest, name) && rest.get(name.len()..).is_some_and(|r| r.starts_with("://")))
        .map(|name| at + name.len() + 3)
}

fn accept(text: &str, at: usize, host: usize, host_end: usize, end: usize) -> Option<std::ops::Range<usize>> {
    let host_name = text.get(host..host_end)?;
    let end = if host_name.eq_ignore_ascii_case("t.co") { short_link_end(text, host_end, end)? } else { end };
    let growth = domain::ascii_growth(host_name)?;
    let length = text.get(at..end)?.chars().count();
    (length + growth <= MAX_URL_CHARS).then_some(at..end)
}

fn short_link_end(text: &str, host_end: usize, end: usize) -> Option<usize> {
    let Some(code) = text.get(host_end..end).and_then(|path| path.strip_prefix('/')) else { return Some(end) };
    let length = code.bytes().take_while(u8::is_ascii_alphanumeric).count();
    match length {
        0 => Some(end),
        1..=MAX_SHORT_CODE => {
            let code_end = host_end + 1 + length;
            Some(path::query(text, code_end).unwrap_or(code_end))
        }
        _ => None,
    }
}

/// `[//node@domain/][node@]domain[/resource][?query]`
fn xmpp_end(text: &str, at: usize, domains: &mut Domains<'_>) -> Option<usize> {
    let with_authority = authority_end(text, at, domains).and_then(|start| xmpp_path_end(text, start, domains));
    with_authority.or_else(|| xmpp_path_end(text, at, domains))
}

fn authority_end(text: &str, at: usize, domains: &mut Domains<'_>) -> Option<usize> {
    let node = text.get(at..)?.strip_prefix("//").map(|_| at + 2)?;
    let domain_end = domains.match_at(node_end(text, node)?)?;
    text.get(domain_end..)?.starts_with('/').then_some(domain_end + 1)
}

fn xmpp_path_end(text: &str, at: usize, domains: &mut Domains<'_>) -> Option<usize> {
    let with_node = node_end(text, at).and_then(|start| domains.match_at(start));
    let mut end = with_node.or_else(|| domains.match_at(at))?;
    if text.get(end..)?.starts_with('/') {
        let resource = run_end(text, end + 1, |c| is_node_char(c) || matches!(c, '&' | '\''));
        if resource > end + 1 {
            end = resource;
        }
    }
    Some(path::query(text, end).unwrap_or(end))
}

/// The offset behind `node@`.
fn node_end(text: &str, at: usize) -> Option<usize> {
    let end = run_end(text, at, is_node_char);
    (end > at && text.get(end..)?.starts_with('@')).then_some(end + 1)
}

fn run_end(text: &str, at: usize, allowed: impl Fn(char) -> bool) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find(|c| !allowed(c)).unwrap_or(rest.len())
}

fn is_node_char(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '\u{400}'..='\u{4ff}' | '-' | '.' | '_' | '~' | '%' | '!' | '$' | '(' | ')' | '*' | '+' | ',' | ';' | '=')
}

fn has_extra_scheme(text: &str) -> bool {
    text.match_indices(':').any(|(at, _)| {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        [b"xmpp".as_slice(), b"magnet"].iter().any(|name| {
            before.len() >= name.len() && before.iter().rev().zip(name.iter().rev()).all(|(a, b)| a.eq_ignore_ascii_case(b))
        })
    })
}

fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}
