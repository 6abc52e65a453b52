//! Lists and mappings on one line.

use serde_json::{Map, Value};

use super::load::{MAX_DEPTH, without_properties};
use super::quoted::{end_of_quoted, unquoted};
use super::scalar::typed;

/// `[a, b]` and `{a: b}`.
pub(super) struct Flow<'a> {
    pub(super) text: &'a str,
    pub(super) depth: usize,
}

impl<'a> Flow<'a> {
    /// The value and what is left behind it; `None` if the text ends too early.
    pub(super) fn value(&self) -> Option<(Value, &'a str)> {
        let text = without_properties(self.text);
        if self.depth > MAX_DEPTH {
            return Some((Value::Null, ""));
        }
        match text.chars().next()? {
            '[' => self.list(text.get(1..)?),
            '{' => self.map(text.get(1..)?),
            quote @ ('"' | '\'') => {
                let inner = text.get(1..)?;
                let end = end_of_quoted(inner, quote)?;
                Some((Value::String(unquoted(inner.get(..end)?, quote)), inner.get(end + 1..)?))
            }
            _ => {
                let end = text.find([',', ']', '}'])?;
                let scalar = text.get(..end)?;
                let end = scalar.find(": ").or_else(|| scalar.strip_suffix(':').map(str::len)).unwrap_or(end);
                Some((typed(text.get(..end)?.trim()), text.get(end..)?))
            }
        }
    }

    fn inner(&self, text: &'a str) -> Flow<'a> {
        Flow { text, depth: self.depth + 1 }
    }

    fn list(&self, text: &'a str) -> Option<(Value, &'a str)> {
        let mut list = Vec::new();
        let mut rest = text.trim_start();
        loop {
            if let Some(after) = rest.strip_prefix(']') {
                return Some((Value::Array(list), after));
            }
            let (value, after) = self.inner(rest).value()?;
            list.push(value);
            let after = after.trim_start();
            if after.is_empty() {
                return None;
            }
            rest = after.strip_prefix(',').unwrap_or(after).trim_start();
            if !after.starts_with([',', ']']) {
                return Some((Value::Null, ""));
            }
        }
    }

    fn map(&self, text: &'a str) -> Option<(Value, &'a str)> {
        let mut map = Map::new();
        let mut rest = text.trim_start();
        loop {
            if let Some(after) = rest.strip_prefix('}') {
                return Some((Value::Object(map), after));
            }
            let (key, after) = self.inner(rest).value()?;
            let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            let (value, after) = match after.trim_start().strip_prefix(':') {
                Some(after) => self.inner(after).value()?,
                None => (Value::Null, after),
            };
            map.insert(key.trim_start_matches(':').to_owned(), value);
            let after = after.trim_start();
            if after.is_empty() {
                return None;
            }
            rest = after.strip_prefix(',').unwrap_or(after).trim_start();
            if !after.starts_with([',', '}']) {
                return Some((Value::Null, ""));
            }
        }
    }
}
