//! Domain names inside text. All offsets of a run of labels are worked out once, so that a long run costs linear time.

use std::ops::Range;

const MAX_LABEL: usize = 63;
/// Longer than any top-level domain; keeps the look-up short for endless labels.
const MAX_TLD_CHARS: usize = 26;

/// Answers where domains end, remembering the last run of labels that was looked at.
pub(super) struct Domains<'a> {
    text: &'a str,
    run: Range<usize>,
    labels: Vec<Label>,
}

struct Label {
    range: Range<usize>,
    /// Begins and ends with a domain character and is followed by a dot.
    valid: bool,
    /// Just behind the last underscore: names that begin before it cannot stand directly before the top level.
    after_underscore: usize,
    /// The end of a top-level domain that this label begins with.
    tld_end: Option<usize>,
    /// The end of the longest domain for which this label is a sub-domain of at least one further label.
    far: Option<usize>,
}

impl<'a> Domains<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, run: 0..0, labels: Vec::new() }
    }

    /// The end of the longest domain that begins exactly at `at`.
    pub(super) fn match_at(&mut self, at: usize) -> Option<usize> {
        let first = self.text.get(at..)?.chars().next()?;
        if !is_domain_char(first) {
            return None;
        }
        if !self.run.contains(&at) {
            self.read_run(at);
        }
        let index = self.labels.partition_point(|label| label.range.end <= at);
        let label = self.labels.get(index)?;
        if !label.valid {
            return None;
        }
        let near = || self.labels.get(index + 1).and_then(|next| next.tld_end).filter(|_| at >= label.after_underscore);
        label.far.or_else(near)
    }

    fn read_run(&mut self, at: usize) {
        let rest = self.text.get(at..).unwrap_or_default();
        let length = rest.find(|c| !is_domain_char(c) && !matches!(c, '.' | '-' | '_')).unwrap_or(rest.len());
        self.run = at..at + length;
        self.labels.clear();
        let mut start = at;
        let run = rest.get(..length).unwrap_or_default();
        let mut parts = run.split('.').peekable();
        while let Some(part) = parts.next() {
            let range = start..start + part.len();
            start = range.end + 1;
            let tld_end = if range.start == at { None } else { tld_length(self.text, &range).map(|n| range.start + n) };
            self.labels.push(Label {
                valid: parts.peek().is_some() && part.ends_with(is_domain_char),
                after_underscore: part.rfind('_').map_or(range.start, |offset| range.start + offset + 1),
                tld_end,
                far: None,
                range,
            });
        }
        self.fill_far();
    }

    fn fill_far(&mut self) {
        let mut far_of_next: Option<usize> = None;
        let mut next: Option<(bool, bool)> = None;
        let mut tld_after_next: Option<usize> = None;
        for index in (0..self.labels.len()).rev() {
            let starts_well = self
                .labels
                .get(index)
                .and_then(|label| self.text.get(label.range.clone()))
                .is_some_and(|part| part.starts_with(is_domain_char));
            let tld_of_next = self.labels.get(index + 1).and_then(|label| label.tld_end);
            let Some(label) = self.labels.get_mut(index) else { continue };
            label.far = match next {
                Some((true, plain)) => far_of_next.or(tld_after_next.filter(|_| plain)),
                _ => None,
            };
            far_of_next = label.far;
            tld_after_next = tld_of_next;
            next = Some((label.valid && starts_well, label.after_underscore == label.range.start));
        }
    }
}

fn is_domain_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '\\';
    }
    !(c.is_whitespace() || matches!(c, '\u{85}' | '\u{180e}' | '\u{fffe}' | '\u{feff}' | '\u{ffff}'))
}

/// Length of the top-level domain that the label begins with, if what follows it cannot belong to it.
fn tld_length(text: &str, label: &Range<usize>) -> Option<usize> {
    let rest = text.get(label.start..)?;
    let punycode = punycode_length(rest);
    let ends = rest.char_indices().take(MAX_TLD_CHARS).take_while(|(_, c)| c.is_alphanumeric() || !c.is_ascii());
    let mut candidates: Vec<usize> = ends.map(|(offset, c)| offset + c.len_utf8()).collect();
    candidates.retain(|end| !rest.get(*end..).is_some_and(|after| after.starts_with(continues_tld)));
    let known = candidates.into_iter().rev().find(|end| rest.get(..*end).is_some_and(is_tld));
    known.or(punycode)
}

fn continues_tld(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '@' | '+' | '-')
}

fn punycode_length(rest: &str) -> Option<usize> {
    let prefix = rest.get(..4).filter(|start| start.eq_ignore_ascii_case("xn--"))?;
    let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    (length > prefix.len()).then_some(length)
}

/// Asked with a name in front because some top-level domains are listed only as wildcards.
fn is_tld(label: &str) -> bool {
    if label.len() < 2 {
        return false;
    }
    let name = format!("x.{}", label.to_lowercase());
    psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix.typ() == Some(psl::Type::Icann))
}

/// How many characters longer the name is in its ASCII form; `None` if it cannot be a domain.
pub(super) fn ascii_growth(name: &str) -> Option<usize> {
    if name.is_ascii() {
        return name.split('.').all(|label| label.len() <= MAX_LABEL).then_some(0);
    }
    match idna::domain_to_ascii(name) {
        Ok(ascii) => {
            ascii.split('.').all(|label| label.len() <= MAX_LABEL).then(|| ascii.len().saturating_sub(name.chars().count()))
        }
        Err(_) => Some(0),
    }
}
