//! `@user` and `@user@domain` in plain text.

use crate::chars::is_word;
use crate::entity::{Entity, Kind};

const MAX_DOMAIN_CHARS: usize = 253;

/// The handles mentioned in `text` without `@`, in the order of appearance, each once.
pub fn extract(text: &str) -> Vec<&str> {
    let mut handles = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for entity in in_text(text) {
        let handle = entity.value(text);
        if seen.insert(handle) {
            handles.push(handle);
        }
    }
    handles
}

/// Splits a handle into user name and domain.
pub fn split(handle: &str) -> (&str, Option<&str>) {
    match handle.split_once('@') {
        Some((username, domain)) => (username, Some(domain)),
        None => (handle, None),
    }
}

/// Every mention in `text`, in the order of appearance.
pub fn in_text(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('@')).map(|offset| from + offset) {
        from = at + 1;
        if text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(|c| matches!(c, '=' | '/') || is_word(c)) {
            continue;
        }
        let username = dotted_name(text, at + 1, is_username_char);
        if username == at + 1 {
            continue;
        }
        let mut end = username;
        if text.get(end..).is_some_and(|rest| rest.starts_with('@')) {
            let domain = dotted_name(text, end + 1, is_word);
            if domain > end + 1 {
                end = domain;
            }
        }
        from = end;
        if text.get(end..).is_some_and(cannot_follow) {
            continue;
        }
        let domain_chars = text.get(username..end).map_or(0, |part| part.chars().count());
        if domain_chars <= MAX_DOMAIN_CHARS + 1 {
            found.push(Entity { kind: Kind::Mention, range: at..end });
        }
    }
    found
}

/// The end of the longest name at `from` in which dots and hyphens stand only between other characters.
fn dotted_name(text: &str, from: usize, allowed: fn(char) -> bool) -> usize {
    let mut end = from;
    for (offset, c) in text.get(from..).unwrap_or_default().char_indices() {
        if allowed(c) {
            end = from + offset + c.len_utf8();
        } else if !matches!(c, '.' | '-') || end == from {
            break;
        }
    }
    end
}

fn is_username_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What makes a handle part of something else: another sign, an accented letter, or the rest of an URL.
fn cannot_follow(rest: &str) -> bool {
    rest.starts_with("://") || rest.starts_with(|c| matches!(c, '@' | '＠') || is_latin_accented(c))
}

fn is_latin_accented(c: char) -> bool {
    matches!(c,
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' | '\u{253}' | '\u{254}' | '\u{256}' | '\u{257}'
        | '\u{259}' | '\u{25b}' | '\u{263}' | '\u{268}' | '\u{26f}' | '\u{272}' | '\u{289}' | '\u{28b}' | '\u{2bb}'
        | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
}
