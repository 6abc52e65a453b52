//! The `Link` header: where the next and the previous page are.

use axum::response::{IntoResponseParts, ResponseParts};
use http::{HeaderValue, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::app::App;

/// Ruby's `to_query` leaves these as they are.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// Goes into an answer beside its body: `(links, Json(page))`.
#[derive(Debug, Clone)]
pub struct Links {
    base: String,
    kept: Vec<(String, String)>,
    parts: Vec<String>,
}

impl Links {
    /// For the path of this request; `limit` is the only parameter kept, if it was sent.
    #[must_use]
    pub fn new(app: &App, uri: &Uri, params: &Map<String, Value>) -> Self {
        Self::keeping(app, uri, params, &["limit"])
    }

    /// The same with the parameters that this endpoint keeps, in this order.
    #[must_use]
    pub fn keeping(app: &App, uri: &Uri, params: &Map<String, Value>, names: &[&str]) -> Self {
        let mut kept = Vec::new();
        for name in names {
            if let Some(value) = params.get(*name) {
                flatten(name, value, &mut kept);
            }
        }
        Self { base: format!("{}{}", app.config.federation.base_url(), uri.path()), kept, parts: Vec::new() }
    }

    /// Older entries: below the cursor of the last row.
    #[must_use]
    pub fn next(self, max_id: impl ToString) -> Self {
        self.with("next", "max_id", max_id)
    }

    /// Newer entries, for lists that know `min_id`.
    #[must_use]
    pub fn prev(self, min_id: impl ToString) -> Self {
        self.with("prev", "min_id", min_id)
    }

    /// Newer entries, for lists that know only `since_id`.
    #[must_use]
    pub fn prev_since(self, since_id: impl ToString) -> Self {
        self.with("prev", "since_id", since_id)
    }

    /// Any relation with any cursor (`offset`).
    #[must_use]
    pub fn with(mut self, relation: &str, cursor: &str, value: impl ToString) -> Self {
        let mut pairs = self.kept.clone();
        pairs.push((cursor.to_owned(), value.to_string()));
        // Rails sorts the parameters of a generated address.
        pairs.sort();
        let query: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!("{}={}", utf8_percent_encode(key, QUERY), utf8_percent_encode(value, QUERY)))
            .collect();
        self.parts.push(format!("<{}?{}>; rel=\"{relation}\"", self.base, query.join("&")));
        self
    }
}

fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => pairs.push((name.to_owned(), String::new())),
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Array(list) => list.iter().for_each(|item| flatten(&format!("{name}[]"), item, pairs)),
        Value::Object(map) => map.iter().for_each(|(key, item)| flatten(&format!("{name}[{key}]"), item, pairs)),
        other => pairs.push((name.to_owned(), other.to_string())),
    }
}

impl IntoResponseParts for Links {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if !self.parts.is_empty()
            && let Ok(value) = HeaderValue::from_str(&self.parts.join(", "))
        {
            response.headers_mut().insert(header::LINK, value);
        }
        Ok(response)
    }
}
