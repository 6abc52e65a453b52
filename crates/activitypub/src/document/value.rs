//! JSON-LD's ways to say one thing: one or many, a link or an object, a text in one or several languages.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::Value;

/// The public collection, in its three spellings.
const PUBLIC: [&str; 3] = ["https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"];

/// One or many as many; null and nothing are none.
pub fn many(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

/// One or many as one: the first.
pub fn first(value: Option<&Value>) -> Option<&Value> {
    many(value).first()
}

/// The address of something that is either named by its address or stands here in full.
pub fn id(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::String(id) => Some(id),
        Value::Object(object) => object.get("id")?.as_str(),
        _ => None,
    }
}

/// A text that is not empty. Numbers and the like are taken as their spelling, as Mastodon's database does.
pub fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) => Some(text.trim()).filter(|trimmed| !trimmed.is_empty()).map(|_| text.clone()),
        Value::Array(items) if items.is_empty() => None,
        Value::Object(map) if map.is_empty() => None,
        other => Some(other.to_string()),
    }
}

/// The first entry of a language map (`contentMap`): code and text.
pub fn language_entry<'a>(object: &'a Value, member: &str) -> Option<(&'a str, Option<&'a str>)> {
    object.get(member)?.as_object()?.iter().next().map(|(code, text)| (code.as_str(), text.as_str()))
}

/// A text given plainly or, failing that, the first of its language map.
pub fn localised(object: &Value, member: &str, map: &str) -> Option<String> {
    text(object.get(member)).or_else(|| {
        let first = language_entry(object, map)?.1?;
        (!first.trim().is_empty()).then(|| first.to_owned())
    })
}

/// The address of `url`, which may be a text, a link object or a list of either.
pub fn href(value: Option<&Value>) -> Option<&str> {
    match first(value)? {
        Value::String(url) => Some(url),
        Value::Object(link) => link.get("href")?.as_str(),
        _ => None,
    }
}

/// [`href`] if it can be fetched on the web.
pub fn web_href(value: Option<&Value>) -> Option<&str> {
    href(value).filter(|url| is_web_url(url))
}

/// Whether the address is one of http or https with a host.
pub fn is_web_url(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether a type, or one of several types, is `wanted`.
pub fn is_type(object: &Value, wanted: &str) -> bool {
    many(object.get("type")).iter().any(|kind| kind.as_str() == Some(wanted))
}

/// Whether one of the receivers is everybody.
pub fn includes_public(receivers: Option<&Value>) -> bool {
    many(receivers).iter().filter_map(|receiver| id(Some(receiver))).any(|id| PUBLIC.contains(&id))
}

/// A point in time in UTC; a date alone is its midnight. Years outside 0..=9999 do not fit the database.
pub fn time(value: Option<&Value>) -> Option<NaiveDateTime> {
    let text = value?.as_str()?.trim();
    let parsed = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %z"))
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .map(|time| time.naive_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f"))
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0)));
    parsed.filter(|time| (0..=9999).contains(&chrono::Datelike::year(time)))
}

/// A whole number, also one written as text.
pub fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Truth as Mastodon's database reads it: everything but false, zero, empty and their spellings.
pub fn truth(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Null => None,
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => {
            Some(!matches!(text.as_str(), "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF" | "False" | "Off"))
        }
        Value::Array(_) | Value::Object(_) => Some(true),
    }
}
