//! Reading: the part of YAML that Psych writes and that administrators' tools have left in settings.

use serde_json::{Map, Value};

use super::flow::Flow;
use super::quoted::{end_of_quoted, push_folded, unquoted};
use super::scalar::typed;

/// Deeper nesting is read as nothing.
pub(super) const MAX_DEPTH: usize = 64;

/// The value of a YAML document; symbols and dates become strings, tags and anchors are passed over.
///
/// Never fails: what cannot be understood is null.
pub fn load(document: &str) -> Value {
    let body = document.strip_prefix('\u{feff}').unwrap_or(document);
    let lines: Vec<&str> = body
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .skip_while(|line| line.starts_with('%') || line.trim().is_empty() || line.starts_with('#'))
        .collect();
    let mut reader = Reader { lines, at: 0 };
    match reader.line().and_then(after_marker).map(str::to_owned) {
        Some(rest) => {
            reader.at += 1;
            reader.value_after(&rest, None, 0)
        }
        None => reader.block(0, 0),
    }
}

/// What stands behind `---` on its line.
fn after_marker(line: &str) -> Option<&str> {
    line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn line(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    /// The next line with content and how far it is indented.
    fn peek(&mut self) -> Option<(usize, &'a str)> {
        while let Some(line) = self.line() {
            let content = line.trim_start_matches(' ');
            if line == "..." || after_marker(line).is_some() {
                return None;
            }
            if !content.trim().is_empty() && !content.starts_with('#') {
                return Some((line.len() - content.len(), content));
            }
            self.at += 1;
        }
        None
    }

    /// The node that begins on the next line, if that is indented by `indent` at least.
    fn block(&mut self, indent: usize, depth: usize) -> Value {
        let Some((column, content)) = self.peek().filter(|(column, _)| *column >= indent && depth < MAX_DEPTH) else {
            return Value::Null;
        };
        if is_entry(content) {
            return self.sequence(column, depth);
        }
        if split_key(content).is_some() {
            return self.mapping(column, depth);
        }
        self.at += 1;
        self.value_after(content, column.checked_sub(1), depth)
    }

    fn sequence(&mut self, column: usize, depth: usize) -> Value {
        let mut list = Vec::new();
        while let Some((here, content)) = self.peek() {
            if here != column || !is_entry(content) {
                break;
            }
            let rest = content.get(1..).unwrap_or_default();
            let inner = rest.trim_start_matches(' ');
            let inner_column = column + 1 + rest.len() - inner.len();
            if is_entry(inner) || split_key(inner).is_some() {
                list.push(self.nested_entry(inner, inner_column, depth));
            } else {
                self.at += 1;
                list.push(self.value_after(inner, Some(column), depth + 1));
            }
        }
        Value::Array(list)
    }

    /// A mapping or sequence that begins on the line of its dash: read as if it stood on a line of its own.
    fn nested_entry(&mut self, inner: &'a str, column: usize, depth: usize) -> Value {
        if depth >= MAX_DEPTH {
            self.at += 1;
            return Value::Null;
        }
        if is_entry(inner) {
            // Psych writes nested lists this way, one level a line.
            let first = inner.get(1..).unwrap_or_default().trim_start_matches(' ');
            let first_column = column + inner.len() - first.len();
            let value = if is_entry(first) || split_key(first).is_some() {
                self.nested_entry(first, first_column, depth + 1)
            } else {
                self.at += 1;
                self.value_after(first, Some(column), depth + 1)
            };
            let mut list = vec![value];
            if let Value::Array(more) = self.sequence(column, depth + 1) {
                list.extend(more);
            }
            return Value::Array(list);
        }
        let mut map = Map::new();
        self.pair(inner, column, depth, &mut map);
        self.pairs(column, depth, &mut map);
        Value::Object(map)
    }

    fn mapping(&mut self, column: usize, depth: usize) -> Value {
        let mut map = Map::new();
        self.pairs(column, depth, &mut map);
        Value::Object(map)
    }

    fn pairs(&mut self, column: usize, depth: usize, map: &mut Map<String, Value>) {
        while let Some((here, content)) = self.peek() {
            if here != column || !self.pair(content, column, depth, map) {
                break;
            }
        }
    }

    fn pair(&mut self, content: &'a str, column: usize, depth: usize, map: &mut Map<String, Value>) -> bool {
        let Some((key, rest)) = split_key(content) else { return false };
        self.at += 1;
        let value = if without_properties(rest).is_empty() {
            // A list may stand as far left as its key.
            match self.peek() {
                Some((here, next)) if here == column && is_entry(next) => self.sequence(column, depth + 1),
                _ => self.block(column + 1, depth + 1),
            }
        } else {
            self.value_after(rest, Some(column), depth + 1)
        };
        map.insert(key, value);
        true
    }

    /// The value whose first line is `first`; further lines are indented deeper than `parent`.
    fn value_after(&mut self, first: &str, parent: Option<usize>, depth: usize) -> Value {
        let first = without_properties(first);
        match first.chars().next() {
            None => self.block(parent.map_or(0, |column| column + 1), depth + 1),
            Some(style @ ('|' | '>')) => Value::String(self.block_scalar(first, parent, style == '>')),
            Some('"') => self.quoted(first, '"'),
            Some('\'') => self.quoted(first, '\''),
            Some('[' | '{') => self.flow(first),
            Some('#') => Value::Null,
            Some(_) => self.plain(first, parent),
        }
    }

    fn plain(&mut self, first: &str, parent: Option<usize>) -> Value {
        let mut text = without_comment(first).trim_end().to_owned();
        let least = parent.map_or(0, |column| column + 1);
        let mut breaks = 0;
        while let Some(line) = self.line() {
            let content = line.trim_start_matches(' ');
            if content.trim().is_empty() {
                breaks += 1;
            } else if line.len() - content.len() < least || after_marker(line).is_some() || line == "..." {
                break;
            } else {
                push_folded(&mut text, breaks);
                text.push_str(without_comment(content).trim_end());
                breaks = 0;
            }
            self.at += 1;
        }
        typed(&text)
    }

    fn block_scalar(&mut self, header: &str, parent: Option<usize>, folded: bool) -> String {
        let given = header.chars().find_map(|c| c.to_digit(10)).and_then(|digit| usize::try_from(digit).ok());
        let mut indent = given.map(|more| parent.unwrap_or(0) + more);
        let mut body: Vec<&str> = Vec::new();
        while let Some(line) = self.line() {
            let blank = line.trim_matches(' ').is_empty();
            let column = line.len() - line.trim_start_matches(' ').len();
            let least = *indent.get_or_insert_with(|| if blank { usize::MAX } else { column.max(1) });
            if least == usize::MAX {
                indent = None;
            } else if !blank && column < least {
                break;
            }
            body.push(line.get(least.min(column).min(line.len())..).unwrap_or_default());
            self.at += 1;
        }
        let joined = if folded { fold_lines(&body) } else { body.join("\n") };
        let content = joined.trim_end_matches('\n');
        if header.contains('-') || content.is_empty() {
            content.to_owned()
        } else if header.contains('+') {
            joined
        } else {
            format!("{content}\n")
        }
    }

    /// The text up to the closing quotation mark, over as many lines as it takes.
    fn quoted(&mut self, first: &str, quote: char) -> Value {
        let mut source = first.get(1..).unwrap_or_default().to_owned();
        let mut seen = 0;
        let end = loop {
            if let Some(offset) = source.get(seen..).and_then(|rest| end_of_quoted(rest, quote)) {
                break seen + offset;
            }
            seen = source.len();
            let Some(line) = self.line() else { break seen };
            source.push('\n');
            source.push_str(line);
            self.at += 1;
        };
        Value::String(unquoted(source.get(..end).unwrap_or_default(), quote))
    }

    fn flow(&mut self, first: &str) -> Value {
        let mut source = first.to_owned();
        loop {
            let flow = Flow { text: &source, depth: 0 };
            if let Some((value, _)) = flow.value() {
                return value;
            }
            let Some(line) = self.line().filter(|line| after_marker(line).is_none()) else { return Value::Null };
            source.push(' ');
            source.push_str(line.trim());
            self.at += 1;
        }
    }
}

fn is_entry(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// Takes a line `key: rest` apart.
fn split_key(content: &str) -> Option<(String, &str)> {
    let quote = content.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let inner = content.get(1..)?;
        let end = end_of_quoted(inner, quote)?;
        let rest = inner.get(end + 1..)?.trim_start().strip_prefix(':')?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix(' ')? };
        return Some((unquoted(inner.get(..end)?, quote), rest.trim()));
    }
    if content.starts_with(['[', '{', '|', '>', '#', '!', '&', '%', '@', '`']) {
        return None;
    }
    let end = content.find(": ").or_else(|| content.strip_suffix(':').map(str::len))?;
    let (key, rest) = content.split_at(end);
    // Symbols were keys in Rails' older settings.
    Some((key.trim().trim_start_matches(':').to_owned(), rest.get(1..).unwrap_or_default().trim()))
}

/// Drops tags (`!ruby/…`) and anchors in front of a value.
pub(super) fn without_properties(text: &str) -> &str {
    let mut rest = text.trim();
    while rest.starts_with(['!', '&']) {
        rest = rest.split_once(' ').map_or("", |(_, after)| after.trim_start());
    }
    rest
}

fn without_comment(text: &str) -> &str {
    text.find(" #").map_or(text, |at| text.get(..at).unwrap_or(text))
}

fn fold_lines(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut breaks = 0;
    let mut previous_plain = false;
    for (index, line) in lines.iter().enumerate() {
        if line.is_empty() {
            breaks += 1;
            continue;
        }
        let plain = !line.starts_with([' ', '\t']);
        if index > 0 {
            match (text.is_empty(), plain && previous_plain) {
                (true, _) => text.extend(std::iter::repeat_n('\n', breaks)),
                (false, true) => push_folded(&mut text, breaks),
                (false, false) => text.extend(std::iter::repeat_n('\n', breaks + 1)),
            }
        }
        text.push_str(line);
        previous_plain = plain;
        breaks = 0;
    }
    text.extend(std::iter::repeat_n('\n', breaks));
    text
}
