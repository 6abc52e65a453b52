//! Links, hashtags and mentions in plain text, found together so that none overlap.

use std::ops::Range;

use crate::{hashtag, link, mention};

/// What a piece of text turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Url,
    Hashtag,
    Mention,
}

/// A piece of text with a meaning; `range` holds the byte offsets of the whole, sign included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub kind: Kind,
    pub range: Range<usize>,
}

impl Entity {
    /// The piece without its leading `#` or `@`; an URL in full.
    pub fn value<'a>(&self, text: &'a str) -> &'a str {
        let whole = text.get(self.range.clone()).unwrap_or_default();
        match self.kind {
            Kind::Url => whole,
            Kind::Hashtag => whole.trim_start_matches(['#', '＃']),
            Kind::Mention => whole.strip_prefix('@').unwrap_or(whole),
        }
    }
}

/// Everything in `text` that becomes a link, in the order of appearance.
pub fn extract(text: &str) -> Vec<Entity> {
    let mut found = link::urls(text);
    found.extend(hashtag::in_text(text));
    found.extend(mention::in_text(text));
    found.extend(link::extra_uris(text));
    without_overlaps(found)
}

/// Where two overlap the earlier start wins, and of equal starts the one listed first.
pub(crate) fn without_overlaps(mut entities: Vec<Entity>) -> Vec<Entity> {
    entities.sort_by_key(|entity| entity.range.start);
    let mut end = 0;
    entities.retain(|entity| {
        let free = entity.range.start >= end;
        if free {
            end = entity.range.end;
        }
        free
    });
    entities
}
