//! Keyword filters.

use regex::{Regex, RegexBuilder, escape};

use crate::chars::is_word;

/// Room for a filter with many keywords in many scripts.
const SIZE_LIMIT: usize = 32 << 20;

/// One keyword of a filter.
#[derive(Debug, Clone, Copy)]
pub struct Keyword<'a> {
    pub keyword: &'a str,
    pub whole_word: bool,
}

/// All keywords of one filter, compiled once and matched in one pass.
#[derive(Debug, Clone)]
pub struct Filter(Option<Regex>);

impl Filter {
    /// A filter without keywords matches nothing.
    pub fn new<'a>(keywords: impl IntoIterator<Item = Keyword<'a>>) -> Self {
        let alternatives: Vec<String> = keywords.into_iter().filter(|keyword| !keyword.keyword.is_empty()).map(pattern).collect();
        if alternatives.is_empty() {
            return Self(None);
        }
        let regex = RegexBuilder::new(&alternatives.join("|")).case_insensitive(true).size_limit(SIZE_LIMIT).build();
        Self(regex.ok())
    }

    /// The first place in `text` where a keyword matches, as it is written there.
    pub fn first_match<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.as_ref()?.find(text).map(|found| found.as_str())
    }

    pub fn matches(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Word boundaries are asked for only where the keyword itself begins or ends with a word character.
fn pattern(keyword: Keyword<'_>) -> String {
    let Keyword { keyword, whole_word } = keyword;
    let boundary = |edge: Option<char>| if whole_word && edge.is_some_and(is_word) { r"\b" } else { "" };
    let start = boundary(keyword.chars().next());
    let end = boundary(keyword.chars().next_back());
    format!("{start}{}{end}", folded(keyword))
}

/// `ß` and `ss` are the same letter when case is ignored.
fn folded(keyword: &str) -> String {
    escape(keyword).replace(['ß', 'ẞ'], "(?:ß|ss)")
}
