//! Answers in `application/activity+json`, and which of the two forms a request wants.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;

pub(crate) const ACTIVITY_JSON: &str = "application/activity+json; charset=utf-8";

/// How long anybody may keep an answer, and on what it depends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caching {
    /// Seconds; `None` forbids it.
    pub(crate) seconds: Option<u32>,
    pub(crate) vary: &'static str,
}

/// What depends on the form asked for and may be kept for three minutes: actors, statuses.
pub(crate) const NEGOTIATED: Caching = Caching { seconds: Some(180), vary: "Accept, Accept-Language, Cookie" };
/// Collections.
pub(crate) const COLLECTION: Caching = Caching { seconds: Some(180), vary: "Accept" };

impl Caching {
    pub(crate) const fn seconds(self, seconds: u32) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    /// For answers that only the signer may see.
    pub(crate) const fn private(self) -> Self {
        Self { seconds: None, ..self }
    }

    pub(crate) fn apply(self, headers: &mut HeaderMap) {
        headers.insert(header::VARY, HeaderValue::from_static(self.vary));
        let value = match self.seconds {
            Some(seconds) => HeaderValue::from_str(&format!("max-age={seconds}, public")),
            None => HeaderValue::from_str("private, no-store"),
        };
        if let Ok(value) = value {
            headers.insert(header::CACHE_CONTROL, value);
        }
    }
}

pub(crate) fn activity(document: &Value, caching: Caching) -> Response {
    with_type(document, ACTIVITY_JSON, caching)
}

pub(crate) fn with_type(document: &Value, content_type: &'static str, caching: Caching) -> Response {
    rendered(document.to_string(), content_type, caching)
}

pub(crate) fn rendered(document: String, content_type: &'static str, caching: Caching) -> Response {
    let mut response = Response::new(Body::from(document));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    caching.apply(response.headers_mut());
    response
}

/// An error in the form that these endpoints give, never to be kept.
pub(crate) fn refusal(status: StatusCode, text: &str, caching: Caching) -> Response {
    let mut response = (status, axum::Json(serde_json::json!({ "error": text }))).into_response();
    caching.private().apply(response.headers_mut());
    response
}

/// A redirect with Rails' caching words for the permanent and the temporary kind.
pub(crate) fn redirect(status: StatusCode, location: &str, cache_control: &'static str, vary: &'static str) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(header::VARY, HeaderValue::from_static(vary));
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, location);
    }
    response
}

/// Whether the request asks for a document rather than a page: the first type in `Accept` that we can give decides.
#[must_use]
pub fn wants_activity(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for part in accept.split(',') {
        match part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/activity+json" | "application/ld+json" | "application/json" => return true,
            "text/html" | "application/xhtml+xml" | "*/*" => return false,
            _ => {}
        }
    }
    false
}

/// Whether the request asks for a page before all else; one that does not say gets the document.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html") && !wants_activity(headers)
}

#[cfg(test)]
mod tests {
    use super::wants_activity;
    use http::{HeaderMap, HeaderValue, header};

    fn accept(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        wants_activity(&headers)
    }

    #[test]
    fn the_first_known_type_decides() {
        assert!(accept("application/activity+json, application/ld+json"));
        assert!(accept("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\", text/html;q=0.1"));
        assert!(!accept("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!accept("*/*"));
        assert!(!wants_activity(&HeaderMap::new()));
    }
}
