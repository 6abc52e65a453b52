//! Reads a JSON value into any struct, bending scalars to the type wanted as Rails' casts do.

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde_json::{Map, Value};

type Error = serde::de::value::Error;

/// The name by which [`super::OneOrMany`] asks for a scalar to count as a list of one.
pub(super) const ONE_OR_MANY: &str = "$OneOrMany";

pub(super) fn from_map<T: DeserializeOwned>(map: &Map<String, Value>) -> Result<T, Error> {
    T::deserialize(MapDeserializer::new(map.iter().map(|(key, value)| (key.as_str(), Lenient(value)))))
}

#[derive(Clone, Copy)]
struct Lenient<'a>(&'a Value);

impl<'de> IntoDeserializer<'de, Error> for Lenient<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Mastodon's list of what is false; blank is no answer and counts as false too.
pub(super) fn is_true(text: &str) -> bool {
    !matches!(text, "" | "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF") && !text.trim().is_empty()
}

/// Ruby's `to_i`.
pub(super) fn to_i(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.strip_prefix('+').unwrap_or(text)), |rest| (-1, rest));
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    match digits.get(..end) {
        None | Some("") => 0,
        Some(digits) => digits.parse::<i64>().map_or(i64::MAX, |number| number * sign),
    }
}

/// Ruby's `to_f`: as many characters as make a number.
fn to_f(text: &str) -> f64 {
    let text = text.trim();
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | 'e' | 'E')).unwrap_or(text.len());
    let mut part = text.get(..end).unwrap_or_default();
    while !part.is_empty() {
        if let Ok(number) = part.parse::<f64>() {
            return number;
        }
        part = part.get(..part.len() - 1).unwrap_or_default();
    }
    0.0
}

impl Lenient<'_> {
    fn integer(self) -> i64 {
        match self.0 {
            Value::Number(number) => number.as_i64().unwrap_or_else(|| to_i(&number.to_string())),
            Value::String(text) => to_i(text),
            Value::Bool(true) => 1,
            _ => 0,
        }
    }

    fn float(self) -> f64 {
        match self.0 {
            Value::Number(number) => number.as_f64().unwrap_or_default(),
            Value::String(text) => to_f(text),
            _ => 0.0,
        }
    }

    fn text(self) -> String {
        match self.0 {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => String::new(),
        }
    }

    /// A list, or a map with numbered keys.
    fn items(&self) -> Vec<Self> {
        match self.0 {
            Value::Array(list) => list.iter().map(Lenient).collect(),
            Value::Object(map) if map.keys().all(|key| key.parse::<u64>().is_ok()) => map.values().map(Lenient).collect(),
            _ => Vec::new(),
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = self.integer();
            let bound = if number < 0 { <$type>::MIN } else { <$type>::MAX };
            visitor.$visit(<$type>::try_from(number).unwrap_or(bound))
        })*
    };
}

macro_rules! as_any {
    ($($method:ident),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.deserialize_any(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Lenient<'_> {
    type Error = Error;

    integers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    );
    as_any!(deserialize_char, deserialize_bytes, deserialize_byte_buf, deserialize_identifier);

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => visitor.visit_i64(number),
                (None, Some(number)) => visitor.visit_u64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(list) => visitor.visit_seq(SeqDeserializer::new(list.iter().map(Lenient))),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(match self.0 {
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => is_true(text),
            _ => false,
        })
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.float())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(text) => visitor.visit_str(text),
            _ => visitor.visit_string(self.text()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name != ONE_OR_MANY {
            return visitor.visit_newtype_struct(self);
        }
        match self.0 {
            Value::Null => visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<Self>())),
            Value::Array(_) | Value::Object(_) => self.deserialize_seq(visitor),
            _ => visitor.visit_seq(SeqDeserializer::new(std::iter::once(self))),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.items().into_iter()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let empty = Map::new();
        let map = self.0.as_object().unwrap_or(&empty);
        visitor.visit_map(MapDeserializer::new(map.iter().map(|(key, value)| (key.as_str(), Lenient(value)))))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let name: StringDeserializer<Error> = self.text().into_deserializer();
        visitor.visit_enum(name)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let nothing: StrDeserializer<'_, Error> = "".into_deserializer();
        nothing.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::super::types::{Flag, IdParam, OneOrMany};
    use super::from_map;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Sample {
        status: Option<String>,
        sensitive: bool,
        locked: Flag,
        limit: Option<i64>,
        id: OneOrMany<IdParam>,
        media_ids: Vec<String>,
        poll: Option<Poll>,
        fields_attributes: Option<Vec<Poll>>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Poll {
        options: Vec<String>,
        expires_in: i64,
    }

    fn read(value: Value) -> Sample {
        from_map(value.as_object().unwrap()).unwrap()
    }

    #[test]
    fn scalars_become_what_is_wanted() {
        let sample =
            read(json!({"status": 12345, "sensitive": "off", "locked": "", "limit": "40x", "id": "7", "other": {"a": [1]}}));
        assert_eq!(sample.status.as_deref(), Some("12345"));
        assert!(!sample.sensitive);
        assert_eq!(sample.locked.given(), None);
        assert_eq!(sample.limit, Some(40));
        assert_eq!(sample.id.0, vec![IdParam(Some(7))]);
        assert!(read(json!({"sensitive": "yes", "locked": "true"})).locked.is_true());
    }

    #[test]
    fn a_list_where_a_text_belongs_is_empty() {
        assert_eq!(read(json!({"status": ["x"], "media_ids": "1"})).status.as_deref(), Some(""));
        assert_eq!(read(json!({"status": null})).status, None);
    }

    #[test]
    fn numbered_maps_are_lists() {
        let sample = read(
            json!({"fields_attributes": {"0": {"expires_in": "5"}, "1": {"options": ["a", 2]}}, "poll": {"options": {"0": "x"}}}),
        );
        let fields = sample.fields_attributes.unwrap();
        assert_eq!((fields[0].expires_in, fields[1].options.clone()), (5, vec!["a".to_owned(), "2".to_owned()]));
        assert_eq!(sample.poll.unwrap().options, vec!["x"]);
    }
}
