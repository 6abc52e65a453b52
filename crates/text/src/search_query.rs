//! The query language of post search: what a user typed, taken apart.

use crate::chars::is_word;

/// A query that is not one; the search then finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unparsable;

/// Something to look for, or a restriction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Written with `-` in front.
    pub negated: bool,
    pub part: Part,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// One word; a leading `#` makes it a hashtag.
    Term(String),
    /// Words in quotes.
    Phrase(String),
    /// `prefix:value` with one of the known prefixes.
    Filter { prefix: Prefix, value: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    Has,
    Is,
    Language,
    From,
    Before,
    After,
    During,
    In,
}

impl Prefix {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "has" => Self::Has,
            "is" => Self::Is,
            "language" => Self::Language,
            "from" => Self::From,
            "before" => Self::Before,
            "after" => Self::After,
            "during" => Self::During,
            "in" => Self::In,
            _ => return None,
        })
    }
}

/// Clauses in the order written. White space around the query has to be gone already.
pub fn parse(query: &str) -> Result<Vec<Clause>, Unparsable> {
    if query.starts_with(char::is_whitespace) || query.ends_with(char::is_whitespace) {
        return Err(Unparsable);
    }
    let mut clauses = Vec::new();
    let mut rest = query;
    while !rest.is_empty() {
        let (clause, after) = clause(rest)?;
        clauses.extend(clause);
        rest = after.trim_start();
    }
    Ok(clauses)
}

fn clause(text: &str) -> Result<(Option<Clause>, &str), Unparsable> {
    let (negated, text) = match text.strip_prefix('-') {
        Some(after) => (true, after),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (word, body) = match text.split_once(':') {
        Some((word, body)) if !word.is_empty() && word.chars().all(is_word) => (Some(word), body),
        _ => (None, text),
    };
    let (part, after) = part(word, body)?;
    Ok((part.map(|part| Clause { negated, part }), after))
}

fn part<'a>(word: Option<&str>, body: &'a str) -> Result<(Option<Part>, &'a str), Unparsable> {
    if let Some((phrase, after)) = body.strip_prefix('"').and_then(|inner| inner.split_once('"'))
        && !phrase.is_empty()
    {
        return Ok((Some(prefixed(word, phrase, Part::Phrase)), after));
    }
    // A quotation mark without partner means nothing.
    let (body, lone_quote) = match body.strip_prefix('"') {
        Some(after) => (after, true),
        None => (body, false),
    };
    let length = body.find(|c: char| c.is_whitespace() || matches!(c, ':' | '"')).unwrap_or(body.len());
    let (value, after) = body.split_at(length);
    let after = after.strip_prefix('"').unwrap_or(after);
    if after.starts_with(':') {
        return Err(Unparsable);
    }
    match (value.is_empty(), word, lone_quote) {
        (false, _, _) => Ok((Some(prefixed(word, value, Part::Term)), after)),
        (true, Some(word), _) => Ok((Some(Part::Term(word.to_owned())), after)),
        (true, None, true) => Ok((None, after)),
        (true, None, false) => Err(Unparsable),
    }
}

/// An unknown prefix is an ordinary word of the search.
fn prefixed(word: Option<&str>, value: &str, plain: fn(String) -> Part) -> Part {
    match (word, word.and_then(Prefix::from_word)) {
        (_, Some(prefix)) => Part::Filter { prefix, value: value.to_owned() },
        (Some(word), None) => plain(format!("{word} {value}")),
        (None, None) => plain(value.to_owned()),
    }
}
