//! What an unquoted scalar means in YAML 1.1 as Ruby reads it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Number, Value};

static INTEGER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:[-+]?0b[01_,]+|[-+]?0[0-7_,]+|[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|[-+]?0x[0-9a-f_,]+)$").ok()
});
static FLOAT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^[-+]?([0-9][0-9_,]*)?\.[0-9]*(e[-+][0-9]+)?$").ok());
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$|^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$",
    )
    .ok()
});
static SEXAGESIMAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}(?:\.[0-9_]*)?$").ok());

/// Whether the text, left unquoted, would be read as anything but a string.
pub(super) fn is_ambiguous(text: &str) -> bool {
    !matches!(typed(text), Value::String(_)) || is(&TIME, text) || is(&SEXAGESIMAL, text) || text.starts_with(':')
}

/// The value of an unquoted scalar. Dates, times and symbols stay text.
pub(super) fn typed(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Value::Bool(false),
        _ => {}
    }
    if is(&INTEGER, text) {
        return integer(text).unwrap_or_else(|| Value::String(text.to_owned()));
    }
    if is(&FLOAT, text) && text.bytes().any(|b| b.is_ascii_digit()) {
        return float(text).unwrap_or_else(|| Value::String(text.to_owned()));
    }
    Value::String(text.to_owned())
}

fn integer(text: &str) -> Option<Value> {
    let clean: String = text.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    let (sign, digits) = match clean.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, clean.strip_prefix('+').unwrap_or(&clean)),
    };
    let lower = digits.to_ascii_lowercase();
    let magnitude = if let Some(hex) = lower.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        i64::from_str_radix(binary, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        i64::from_str_radix(&lower, 8)
    } else {
        lower.parse()
    };
    magnitude.ok().map(|value| Value::Number(Number::from(sign * value)))
}

fn float(text: &str) -> Option<Value> {
    let clean: String = text.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    let clean = clean.strip_suffix('.').unwrap_or(&clean);
    clean.parse().ok().and_then(Number::from_f64).map(Value::Number)
}

fn is(regex: &LazyLock<Option<Regex>>, text: &str) -> bool {
    regex.as_ref().is_some_and(|regex| regex.is_match(text))
}
