//! `a[b][]=c` into nested maps, with the rules and the refusals of Rack's query parser.

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

/// More parameters, or deeper ones, than any client sends.
const MAX_PARAMS: usize = 4096;
const MAX_DEPTH: usize = 32;

/// Not readable: bad encoding, or a name used both as list and as map. The answer is 400.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameters cannot be read")]
pub(crate) struct Unreadable;

pub(crate) fn parse_form(text: &str) -> Result<Map<String, Value>, Unreadable> {
    let mut map = Map::new();
    for (count, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= MAX_PARAMS {
            return Err(Unreadable);
        }
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        let value = match value {
            Some(value) => Value::String(decode(value)?),
            None => Value::Null,
        };
        insert(&mut map, &decode(name)?, value, 0)?;
    }
    Ok(map)
}

/// Adds one parameter of a multipart body, whose names nest in the same way.
pub(crate) fn insert_text(map: &mut Map<String, Value>, name: &str, value: String) -> Result<(), Unreadable> {
    insert(map, name, Value::String(value), 0)
}

/// Plus signs are spaces; the bytes must be UTF-8 without NUL, which PostgreSQL cannot hold.
fn decode(text: &str) -> Result<String, Unreadable> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode(spaced.as_bytes()).decode_utf8().map_err(|_| Unreadable)?;
    if decoded.contains('\0') { Err(Unreadable) } else { Ok(decoded.into_owned()) }
}

fn insert(map: &mut Map<String, Value>, name: &str, value: Value, depth: usize) -> Result<(), Unreadable> {
    if depth >= MAX_DEPTH {
        return Err(Unreadable);
    }
    let (key, after) = split_name(name, depth);
    if key.is_empty() {
        return Ok(());
    }
    match after {
        "" => {
            map.insert(key.to_owned(), value);
        }
        "[" => {
            map.insert(name.to_owned(), value);
        }
        "[]" => list(map, key)?.push(value),
        _ if after.starts_with("[]") => {
            let list = list(map, key)?;
            let rest = after.get(2..).unwrap_or_default();
            let child = simple_child(rest).unwrap_or(rest);
            if let Some(Value::Object(last)) = list.last_mut()
                && !has_path(last, child)
            {
                return insert(last, child, value, depth + 1);
            }
            let mut fresh = Map::new();
            insert(&mut fresh, child, value, depth + 1)?;
            list.push(Value::Object(fresh));
        }
        _ => match map.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new())) {
            Value::Object(inner) => return insert(inner, after, value, depth + 1),
            _ => return Err(Unreadable),
        },
    }
    Ok(())
}

fn list<'a>(map: &'a mut Map<String, Value>, key: &str) -> Result<&'a mut Vec<Value>, Unreadable> {
    match map.entry(key.to_owned()).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(list) => Ok(list),
        _ => Err(Unreadable),
    }
}

/// The first key of the name, and what follows it.
fn split_name(name: &str, depth: usize) -> (&str, &str) {
    if depth == 0 {
        let start = name.char_indices().skip(1).find(|(_, c)| *c == '[').map_or(name.len(), |(at, _)| at);
        return name.split_at(start);
    }
    if let Some(rest) = name.strip_prefix("[]") {
        return ("[]", rest);
    }
    if let Some(rest) = name.strip_prefix('[')
        && let Some((key, after)) = rest.split_once(']')
    {
        return (key, after);
    }
    (name, "")
}

/// `[x]` without further brackets.
fn simple_child(rest: &str) -> Option<&str> {
    let child = rest.strip_prefix('[')?.strip_suffix(']')?;
    (!child.is_empty() && !child.contains(['[', ']'])).then_some(child)
}

/// Whether the element of a list already has this key: then a new element begins.
fn has_path(map: &Map<String, Value>, child: &str) -> bool {
    let mut value: Option<&Map<String, Value>> = Some(map);
    for part in child.split(['[', ']']).filter(|part| !part.is_empty()) {
        let Some(found) = value.and_then(|map| map.get(part)) else {
            return false;
        };
        value = found.as_object();
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Unreadable, parse_form};

    fn parsed(text: &str) -> serde_json::Value {
        serde_json::Value::Object(parse_form(text).unwrap())
    }

    #[test]
    fn names_with_brackets_nest() {
        assert_eq!(parsed("id[]=1&id[]=2"), json!({"id": ["1", "2"]}));
        assert_eq!(parsed("source[privacy]=private&x=a+b%21"), json!({"source": {"privacy": "private"}, "x": "a b!"}));
        assert_eq!(parsed("poll[options][]=a&poll[options][]=b"), json!({"poll": {"options": ["a", "b"]}}));
        assert_eq!(
            parsed("f[0][name]=n&f[0][value]=v&f[1][name]=m"),
            json!({"f": {"0": {"name": "n", "value": "v"}, "1": {"name": "m"}}})
        );
        assert_eq!(parsed("k[][a]=1&k[][b]=2&k[][a]=3"), json!({"k": [{"a": "1", "b": "2"}, {"a": "3"}]}));
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        assert_eq!(parsed("status=a&status=b"), json!({"status": "b"}));
    }

    #[test]
    fn a_name_used_as_list_and_as_map_is_refused() {
        assert_eq!(parse_form("poll[options][]=a&poll[options][1]=b"), Err(Unreadable));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(parse_form("status=%ff%fe"), Err(Unreadable));
        assert_eq!(parse_form("status=a%00b"), Err(Unreadable));
    }
}
