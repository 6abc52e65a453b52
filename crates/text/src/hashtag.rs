//! Hashtags: finding them in text, their canonical spelling, and what may be one.

use unicode_normalization::UnicodeNormalization;

use crate::chars::{is_alnum, is_alpha, is_ascii_space, is_word};
use crate::entity::{Entity, Kind};

/// The names in `text` without `#`, in the order of appearance, repeated ones included.
pub fn extract(text: &str) -> Vec<&str> {
    in_text(text).iter().map(|entity| entity.value(text)).collect()
}

/// Every hashtag in `text`; it has to begin a line or follow white space.
pub fn in_text(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut before = '\n';
    let mut free_from = 0;
    for (at, c) in text.char_indices() {
        let may_begin = is_ascii_space(before) && at >= free_from;
        before = c;
        if !matches!(c, '#' | '＃') || !may_begin {
            continue;
        }
        let start = at + c.len_utf8();
        let rest = text.get(start..).unwrap_or_default();
        let Some(mut length) = name_length(rest) else { continue };
        free_from = start + length;
        if rest.get(length..).is_some_and(|after| after.starts_with("://")) {
            length = without_scheme(rest.get(..length).unwrap_or_default()).len();
        }
        found.push(Entity { kind: Kind::Hashtag, range: at..start + length });
    }
    found
}

/// The canonical spelling under which a tag is stored and looked up.
pub fn normalize(name: &str) -> String {
    let compatible: String = name.nfkc().collect();
    compatible.chars().flat_map(char::to_lowercase).map(fold_accent).filter(|c| is_name_char(*c)).collect()
}

/// The spelling to show: the given one without characters that cannot be in a tag.
pub fn display_name(name: &str) -> String {
    name.chars().filter(|c| is_name_char(*c)).collect()
}

/// Whether the whole of `name` is a hashtag.
pub fn is_valid(name: &str) -> bool {
    name_length(name) == Some(name.len())
}

/// Length in bytes of the longest tag name that `rest` begins with.
///
/// Either something that may stand inside (a letter or separator) has a word character on both sides, or there is
/// a run of word characters with a letter in it.
fn name_length(rest: &str) -> Option<usize> {
    let mut joined = None;
    let mut plain = 0;
    let mut plain_goes_on = true;
    let mut plain_has_letter = false;
    let mut inner_seen = false;
    for (offset, c) in rest.char_indices() {
        let end = offset + c.len_utf8();
        if is_word(c) {
            if inner_seen {
                joined = Some(end);
            }
            if plain_goes_on {
                plain = end;
                plain_has_letter |= is_alpha(c);
            }
        } else if offset > 0 && is_separator(c) {
            plain_goes_on = false;
        } else {
            break;
        }
        inner_seen |= offset > 0 && (is_alpha(c) || is_separator(c));
    }
    joined.or((plain_has_letter).then_some(plain))
}

/// `taghttp` before `://` is the tag `tag` with an address behind it.
fn without_scheme(name: &str) -> &str {
    let cut = name.strip_suffix("https").or_else(|| name.strip_suffix("http"));
    cut.filter(|tag| !tag.is_empty()).unwrap_or(name)
}

fn is_separator(c: char) -> bool {
    matches!(c, '_' | '\u{b7}' | '\u{30fb}' | '\u{200c}')
}

fn is_name_char(c: char) -> bool {
    is_alnum(c) || is_separator(c) || matches!(c, '\u{e47}'..='\u{e4e}')
}

/// The Latin letter under the accent; expects lower case.
fn fold_accent(c: char) -> char {
    match c {
        'ð' | 'đ' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ĸ' => 'k',
        'ŀ' | 'ł' => 'l',
        'ŉ' | 'ŋ' => 'n',
        'ø' => 'o',
        'ſ' => 's',
        'ŧ' => 't',
        '\u{c0}'..='\u{17f}' => c.nfd().next().filter(char::is_ascii_alphabetic).unwrap_or(c),
        _ => c,
    }
}
