//! Shortcodes of custom emoji, and what counts as an emoji of Unicode.

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

/// The longest sequences join four people or name a subdivision's flag.
const MAX_SCALARS: usize = 10;
const VARIATION: char = '\u{FE0F}';
const JOINER: char = '\u{200D}';
const KEYCAP: char = '\u{20E3}';

/// Whether `text` is one emoji of Unicode and nothing else: a picture with its modifiers, several joined to one, a flag or a
/// keycap.
pub fn is_emoji(text: &str) -> bool {
    let scalars: Vec<char> = text.chars().collect();
    if scalars.len() > MAX_SCALARS {
        return false;
    }
    match scalars.as_slice() {
        [a, b] if is_regional(*a) && is_regional(*b) => true,
        ['0'..='9' | '#' | '*', rest @ ..] => matches!(rest, [KEYCAP] | [VARIATION, KEYCAP]),
        [] => false,
        scalars => scalars.split(|scalar| *scalar == JOINER).all(is_picture),
    }
}

/// One picture with what may follow it: a variation selector, a skin tone, the tags of a flag.
fn is_picture(scalars: &[char]) -> bool {
    let modifies =
        |scalar: &char| *scalar == VARIATION || matches!(scalar, '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}');
    scalars.split_first().is_some_and(|(first, rest)| is_pictographic(*first) && rest.iter().all(modifies))
}

fn is_regional(scalar: char) -> bool {
    matches!(scalar, '\u{1F1E6}'..='\u{1F1FF}')
}

/// Unicode's property `Extended_Pictographic`, without what is reserved in between.
fn is_pictographic(scalar: char) -> bool {
    !is_regional(scalar)
        && matches!(
            scalar,
            '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{2199}'
                | '\u{21A9}'..='\u{21AA}' | '\u{231A}'..='\u{231B}' | '\u{2328}' | '\u{23CF}' | '\u{23E9}'..='\u{23F3}'
                | '\u{23F8}'..='\u{23FA}' | '\u{24C2}' | '\u{25AA}'..='\u{25AB}' | '\u{25B6}' | '\u{25C0}'
                | '\u{25FB}'..='\u{25FE}' | '\u{2600}'..='\u{27BF}' | '\u{2934}'..='\u{2935}' | '\u{2B05}'..='\u{2B07}'
                | '\u{2B1B}'..='\u{2B1C}' | '\u{2B50}' | '\u{2B55}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
                | '\u{1F000}'..='\u{1FAFF}'
        )
}

fn touches(c: char) -> bool {
    c == ':' || is_alnum(c)
}

#[cfg(test)]
mod tests {
    use super::is_emoji;

    #[test]
    fn one_emoji_is_told_from_text_and_from_two() {
        for emoji in ["👍", "🎉", "❤️", "👍🏽", "👩‍👩‍👧‍👦", "🇵🇹", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "☕"]
        {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for text in ["", "nope", "1", "👍👍", "a👍", "🇵", "\u{200D}", "👍 "] {
            assert!(!is_emoji(text), "{text}");
        }
    }
}
