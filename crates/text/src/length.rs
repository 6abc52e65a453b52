//! How long a text is for the limits of posts and profiles.

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::entity::{self, Kind};
use crate::format::is_blank;
use crate::{link, mention};

/// Every link counts as much, however long it is.
const LINK_LENGTH: usize = 23;

/// Grapheme clusters, with links counting 23 and mentions without their domain.
///
/// Blank text counts nothing.
pub fn counted(text: &str) -> usize {
    if is_blank(text) {
        return 0;
    }
    let mut entities = link::urls(text);
    entities.extend(mention::in_text(text));
    let mut shortened = String::with_capacity(text.len());
    let mut from = 0;
    for entity in entity::without_overlaps(entities) {
        shortened.push_str(text.get(from..entity.range.start).unwrap_or_default());
        match entity.kind {
            Kind::Mention => {
                shortened.push('@');
                shortened.push_str(mention::split(entity.value(text)).0);
            }
            Kind::Url | Kind::Hashtag => shortened.extend(std::iter::repeat_n('x', LINK_LENGTH)),
        }
        from = entity.range.end;
    }
    shortened.push_str(text.get(from..).unwrap_or_default());
    graphemes(&shortened)
}

/// Length of a whole post: content warning and text together.
pub fn of_status(spoiler_text: &str, text: &str) -> usize {
    graphemes(spoiler_text) + counted(text)
}

/// Grapheme clusters: what a reader takes for one character.
///
/// As before Unicode 15.1, which joined the consonants of Indic scripts: Mastodon's Ruby does not know that rule.
pub fn graphemes(text: &str) -> usize {
    if text.is_ascii() && !text.contains('\r') {
        return text.len();
    }
    text.graphemes(true).map(|cluster| 1 + joined_consonants(cluster)).sum()
}

fn joined_consonants(cluster: &str) -> usize {
    let pairs = cluster.chars().zip(cluster.chars().skip(1));
    pairs.filter(|(before, c)| is_indic_letter(*c) && (is_combining_mark(*before) || *before == '\u{200d}')).count()
}

fn is_indic_letter(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{1fff}' | '\u{a800}'..='\u{abff}' | '\u{11000}'..='\u{11fff}')
        && c.is_alphabetic()
        && !is_combining_mark(c)
}
