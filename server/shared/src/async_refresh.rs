//! How clients learn that an answer is not complete yet and where to ask for the rest.

use axum::http::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::app::App;

const NAME: &str = "async_refreshes";
static HEADER: HeaderName = HeaderName::from_static("mastodon-async-refresh");

/// `Mastodon-Async-Refresh` for work whose marker in Redis is `key`; `retry` is in seconds. The id is signed, since keys are
/// nobody's business.
#[must_use]
pub fn async_refresh_header(app: &App, key: &str, retry: u32, result_count: Option<i64>) -> [(HeaderName, HeaderValue); 1] {
    let id = async_refresh_id(app, key);
    let count = result_count.map(|count| format!(", result_count={count}")).unwrap_or_default();
    let value = HeaderValue::try_from(format!("id=\"{id}\", retry={retry}{count}"));
    [(HEADER.clone(), value.unwrap_or_else(|_| HeaderValue::from_static("")))]
}

/// The id by which clients ask for the state of the work.
#[must_use]
pub fn async_refresh_id(app: &App, key: &str) -> String {
    app.cookies.sign(NAME, &Value::String(key.to_owned()), None)
}

/// The key behind an id of ours.
#[must_use]
pub fn async_refresh_key(app: &App, id: &str) -> Option<String> {
    app.cookies.verify(NAME, id, app.clock.now())?.as_str().map(str::to_owned)
}
