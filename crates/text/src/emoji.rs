//! Shortcodes of custom emoji.

use std::collections::HashSet;

use crate::chars::is_alnum;

const MIN_LENGTH: usize = 2;

/// The shortcodes in `text` without colons, in the order of appearance, each once.
///
/// A shortcode touches no letter, digit or colon on either side.
pub fn shortcodes(text: &str) -> Vec<&str> {
    let mut seen = HashSet::new();
    in_text(text).into_iter().map(|(_, code)| code).filter(|code| seen.insert(*code)).collect()
}

/// Every shortcode with the byte offset of its first colon.
pub fn in_text(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(':')).map(|offset| from + offset) {
        from = at + 1;
        let rest = text.get(from..).unwrap_or_default();
        let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (code, after) = rest.split_at(length);
        let Some(after) = after.strip_prefix(':').filter(|_| length >= MIN_LENGTH) else { continue };
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if before.is_some_and(touches) || after.starts_with(touches) {
            continue;
        }
        found.push((at, code));
        from = at + length + 2;
    }
    found
}

fn touches(c: char) -> bool {
    c == ':' || is_alnum(c)
}
