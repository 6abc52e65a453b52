//! The answer where there is no route, and the page for people who meet an error.

use axum::Json;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use crate::headers::Unrouted;

/// For routers' fallbacks. Unknown methods of known addresses end here too, as in Rails.
pub async fn not_found(headers: HeaderMap) -> Response {
    let mut response = if wants_json(&headers) {
        (StatusCode::NOT_FOUND, Json(json!({ "error": "Not Found" }))).into_response()
    } else {
        let mut page = error_page(StatusCode::NOT_FOUND, "The page you are looking for isn't here.");
        if headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes() == b"*/*") {
            // What Rails makes of "anything" (recorded: wellknown/18).
            page.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("*/*; charset=utf-8"));
        }
        page
    };
    response.extensions_mut().insert(Unrouted);
    response
}

/// A page that says one sentence.
#[must_use]
pub fn error_page(status: StatusCode, sentence: &str) -> Response {
    let sentence = sentence.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;");
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{sentence}</title>\n\
         <meta content=\"width=device-width,initial-scale=1\" name=\"viewport\">\n</head>\n\
         <body>\n<h1>{sentence}</h1>\n<p><a href=\"/\">Home</a></p>\n</body>\n</html>\n"
    );
    (status, Html(page)).into_response()
}

/// Rails' reading of `Accept`: a list that contains `*/*` is a browser; the first type counts.
#[must_use]
pub fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains(',') && accept.contains("*/*") {
        return false;
    }
    let first = accept.split([',', ';']).next().unwrap_or_default().trim();
    matches!(
        first,
        "application/json"
            | "application/activity+json"
            | "application/ld+json"
            | "application/jrd+json"
            | "text/x-json"
            | "application/jsonrequest"
    )
}
