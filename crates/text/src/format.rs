//! Plain text of local authors as HTML.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::entity::{self, Entity, Kind};
use crate::mention;

/// How much of a link is shown.
const SHOWN_CHARS: usize = 30;
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An account that a mention leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentioned {
    pub username: String,
    /// Absent for local accounts.
    pub domain: Option<String>,
    /// `user` or `user@domain` as it is shown, in Unicode.
    pub pretty_acct: String,
    /// The profile page.
    pub url: String,
}

/// What formatting depends on besides the text.
pub struct Options<'a> {
    /// `https://` and the web domain, without a slash at the end.
    pub base_url: &'a str,
    /// Finds the account for a user name and an optional domain as they were written.
    pub resolve: &'a dyn Fn(&str, Option<&str>) -> Option<Mentioned>,
}

/// A post, bio or announcement. Blank text gives an empty string.
pub fn local_html(text: &str, options: &Options<'_>) -> String {
    if is_blank(text) { String::new() } else { paragraphs(&linkified(text, options, false)) }
}

/// The value of a profile field: one line, links with `rel="me"`, mentions with their domain.
pub fn local_field(text: &str, options: &Options<'_>) -> String {
    if is_blank(text) { String::new() } else { linkified(text, options, true) }
}

/// Puts the link to a quoted post in front, for readers that know no quotes. Not if the address is there already.
pub fn with_quote_fallback(html: &str, quoted_url: &str) -> String {
    if html.contains(quoted_url) || html.contains(&*escape(quoted_url)) {
        return html.to_owned();
    }
    format!("<p class=\"quote-inline\">RE: {}</p>{html}", link(quoted_url, false))
}

/// An address as a link that shows at most 30 characters; what cannot be parsed stays text.
pub fn link(url: &str, rel_me: bool) -> String {
    if !has_valid_authority(url) {
        return escape(url).into_owned();
    }
    let (prefix, rest) = url.split_at(hidden_prefix(url));
    let cut = rest.char_indices().nth(SHOWN_CHARS).map_or(rest.len(), |(offset, _)| offset);
    let (shown, hidden) = rest.split_at(cut);
    let mut class = if hidden.is_empty() { "" } else { "ellipsis" };
    let (mut shown, mut hidden) = (shown, hidden);
    if hidden.chars().nth(1).is_none() && !hidden.is_empty() {
        (shown, hidden, class) = (rest, "", "");
    }
    let me = if rel_me { " me" } else { "" };
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"nofollow noopener{me}\" translate=\"no\"><span class=\"invisible\">{}</span>\
         <span class=\"{class}\">{}</span><span class=\"invisible\">{}</span></a>",
        escape(url),
        escape(prefix),
        escape(shown),
        escape(hidden),
    )
}

/// Text made safe inside HTML, in elements and in quoted attributes.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Nothing but white space, of any script.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn linkified(text: &str, options: &Options<'_>, field: bool) -> String {
    let entities = entity::extract(text);
    let mentioned: Vec<Option<Mentioned>> = entities.iter().map(|entity| resolve(entity, text, options)).collect();
    let mut html = String::with_capacity(text.len() * 2);
    let mut from = 0;
    for (entity, account) in entities.iter().zip(&mentioned) {
        html.push_str(&escape(text.get(from..entity.range.start).unwrap_or_default()));
        let value = entity.value(text);
        match (entity.kind, account) {
            (Kind::Url, _) => html.push_str(&link(value, field)),
            (Kind::Hashtag, _) => html.push_str(&hashtag(value, options.base_url)),
            (Kind::Mention, Some(account)) => {
                html.push_str(&mention_link(account, field || is_ambiguous(account, &mentioned)));
            }
            (Kind::Mention, None) => {
                html.push('@');
                html.push_str(&escape(value));
            }
        }
        from = entity.range.end;
    }
    html.push_str(&escape(text.get(from..).unwrap_or_default()));
    html
}

fn resolve(entity: &Entity, text: &str, options: &Options<'_>) -> Option<Mentioned> {
    if entity.kind != Kind::Mention {
        return None;
    }
    let (username, domain) = mention::split(entity.value(text));
    (options.resolve)(username, domain)
}

/// Whether the text also mentions another account of the same user name.
fn is_ambiguous(account: &Mentioned, all: &[Option<Mentioned>]) -> bool {
    let same_name = |other: &&Mentioned| other.username.eq_ignore_ascii_case(&account.username);
    all.iter().flatten().filter(same_name).any(|other| other.domain != account.domain)
}

fn mention_link(account: &Mentioned, with_domain: bool) -> String {
    let name = if with_domain { &account.pretty_acct } else { &account.username };
    format!(
        "<span class=\"h-card\" translate=\"no\"><a href=\"{}\" class=\"u-url mention\">@<span>{}</span></a></span>",
        escape(&account.url),
        escape(name),
    )
}

fn hashtag(name: &str, base_url: &str) -> String {
    format!(
        "<a href=\"{}/tags/{}\" class=\"mention hashtag\" rel=\"tag\">#<span>{}</span></a>",
        escape(base_url),
        utf8_percent_encode(name, UNRESERVED),
        escape(name),
    )
}

/// Empty lines separate paragraphs, single line ends become breaks; no line ends are left.
fn paragraphs(html: &str) -> String {
    let unix = if html.contains('\r') { Cow::Owned(html.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(html) };
    let mut out = String::with_capacity(unix.len() + 16);
    let mut rest = unix.trim_end_matches('\n');
    loop {
        let (paragraph, next) = match rest.find("\n\n") {
            Some(at) => {
                let (paragraph, after) = rest.split_at(at);
                (paragraph, Some(after.trim_start_matches('\n')))
            }
            None => (rest, None),
        };
        out.push_str("<p>");
        out.push_str(&paragraph.trim_start_matches('\n').replace('\n', "<br />"));
        out.push_str("</p>");
        let Some(next) = next else { break };
        rest = next;
    }
    out
}

/// Length of the part that every reader knows anyway.
fn hidden_prefix(url: &str) -> usize {
    for scheme in ["https://", "http://"] {
        if let Some(rest) = url.strip_prefix(scheme) {
            return scheme.len() + if rest.starts_with("www.") { 4 } else { 0 };
        }
    }
    if url.starts_with("xmpp:") { 5 } else { 0 }
}

/// Ports beyond 65535 cannot be parsed.
fn has_valid_authority(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return true };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok())
}
