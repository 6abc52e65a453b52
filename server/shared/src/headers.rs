//! Headers that every answer carries, and those that follow from others: caching, Vary, ETag, deprecation.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;

use crate::app::App;

const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
const API_CSP: &str = "default-src 'none'; frame-ancestors 'none'; form-action 'none'";
/// Larger answers are files, which have their own validators.
const MAX_ETAG_BODY: u64 = 4 * 1024 * 1024;

/// Put on an answer that no route gave: the request was not the API's affair, so neither are its headers.
#[derive(Debug, Clone, Copy)]
pub struct Unrouted;

/// What the request was, kept until the answer is ready.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

impl Asked {
    fn is_api(&self) -> bool {
        self.path.starts_with("/api/")
    }
}

pub(crate) fn finish(app: &App, asked: &Asked, response: &mut Response) {
    let unrouted = response.extensions().get::<Unrouted>().is_some();
    let status = response.status();
    let headers = response.headers_mut();
    correct_content_type(headers);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, PRIVATE);
    }
    if !headers.contains_key(header::VARY) && !status.is_redirection() {
        let is_page = is_html(headers);
        if asked.is_api() && !unrouted || asked.path == "/oauth/userinfo" {
            headers.insert(header::VARY, HeaderValue::from_static("Authorization"));
        } else if is_page || unrouted {
            headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        }
    }
    guard_cache(&asked.headers, headers);
    if let Some(since) = deprecated(&asked.path) {
        headers.insert("deprecation", HeaderValue::from_static(since));
    }
    let page = page_csp(app);
    let csp = if asked.is_api() && !is_html(headers) { Some(API_CSP) } else { page.as_deref() };
    let defaults = [
        ("server", "Mastodon"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("x-xss-protection", "0"),
        ("referrer-policy", "same-origin"),
        ("content-security-policy", csp.unwrap_or(API_CSP)),
    ];
    for (name, value) in defaults {
        let name = HeaderName::from_static(name);
        if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    if app.config.federation.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}

/// Rails names the character set of JSON too.
fn correct_content_type(headers: &mut HeaderMap) {
    if headers.get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json")
        && !headers.contains_key("x-ratelimit-limit")
    {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

/// Pages of ours run no script; pictures come from the server's own storage.
fn page_csp(app: &App) -> Option<String> {
    let storage = app.config.storage.url.split('/').take(3).collect::<Vec<_>>().join("/");
    Some(format!(
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data: {storage}; media-src 'self' {storage}; \
         style-src 'self'; font-src 'self'; manifest-src 'self'"
    ))
}

/// Lets a page stand in frames of any other page.
pub fn allow_framing(app: &App, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("ALLOWALL"));
    let csp = page_csp(app).map(|csp| csp.replace(" frame-ancestors 'none';", ""));
    if let Some(csp) = csp.and_then(|csp| HeaderValue::from_str(&csp).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    }
}

/// Nothing that depends on a credential may be kept by a cache in between.
fn guard_cache(asked: &HeaderMap, headers: &mut HeaderMap) {
    let depends =
        headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(',')).any(
            |name| {
                let name = name.trim();
                ["cookie", "authorization", "signature"].iter().any(|secret| name.eq_ignore_ascii_case(secret))
                    && asked.contains_key(name)
            },
        );
    if depends {
        headers.insert(header::CACHE_CONTROL, PRIVATE);
    }
}

pub(crate) fn add_vary(headers: &mut HeaderMap, name: &str) {
    let line = match headers.get(header::VARY).and_then(|value| value.to_str().ok()) {
        Some("") | None => name.to_owned(),
        Some(present) if present.split(',').any(|known| known.trim().eq_ignore_ascii_case(name)) => return,
        Some(present) => format!("{present}, {name}"),
    };
    if let Ok(value) = HeaderValue::from_str(&line) {
        headers.insert(header::VARY, value);
    }
}

/// Since when an address is deprecated, as `@<unix seconds>`.
fn deprecated(path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/api/")?;
    let under = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if under("v1/filters") || path == "v1/instance" {
        return Some("@1668384000");
    }
    if path == "v1/trends" || (under("v1/accounts") && path.ends_with("/identity_proofs")) {
        return Some("@1648598400");
    }
    if path == "v1/suggestions" {
        return Some("@1621123200");
    }
    if under("v1_alpha/collections") || (under("v1_alpha/accounts") && path.ends_with("/collections")) {
        return Some("@1781049600");
    }
    None
}

/// A weak ETag over the body, and 304 if the client has it already.
pub(crate) async fn etag(asked: &Asked, response: Response) -> Response {
    let known_size = response.body().size_hint().exact().is_some_and(|size| size > 0 && size <= MAX_ETAG_BODY);
    let wanted = asked.method == Method::GET && matches!(response.status(), StatusCode::OK | StatusCode::CREATED);
    if !wanted
        || !known_size
        || response.headers().contains_key(header::ETAG)
        || response.headers().contains_key(header::LAST_MODIFIED)
    {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return Response::from_parts(parts, Body::empty());
    };
    let bytes = body.to_bytes();
    let mut hash = hex::encode(digest(&SHA256, &bytes));
    hash.truncate(32);
    let tag = format!("W/\"{hash}\"");
    let asked_tag = asked.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let same = asked_tag.split(',').any(|one| one.trim() == tag || one.trim() == "*");
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::deprecated;

    #[test]
    fn deprecated_addresses_name_their_day() {
        assert_eq!(deprecated("/api/v1/filters/1"), Some("@1668384000"));
        assert_eq!(deprecated("/api/v1/instance"), Some("@1668384000"));
        assert_eq!(deprecated("/api/v1/instance/rules"), None);
        assert_eq!(deprecated("/api/v1/trends/tags"), None);
        assert_eq!(deprecated("/api/v1_alpha/accounts/1/collections"), Some("@1781049600"));
        assert_eq!(deprecated("/api/v1_alpha/accounts/1/in_collections"), None);
    }
}
