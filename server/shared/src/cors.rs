//! Which addresses scripts of other sites may call, and how they are told.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

const API_METHODS: &str = "POST, PUT, DELETE, GET, PATCH, OPTIONS";
const EXPOSED: &str = "Link, Mastodon-Async-Refresh, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id";

/// The rule for a path: allowed methods, headers that a script may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    methods: &'static str,
    exposed: &'static str,
}

/// `None`: the path is not open to other sites' scripts.
pub(crate) fn rule(path: &str) -> Option<Rule> {
    let single = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains('/'));
    if path.starts_with("/api/") {
        return Some(Rule { methods: API_METHODS, exposed: EXPOSED });
    }
    let methods = match path {
        "/oauth/token" | "/oauth/revoke" => "POST",
        "/oauth/userinfo" => "GET, POST",
        _ if path.starts_with("/.well-known/") || path.starts_with("/nodeinfo/") || single("/@") || single("/users/") => "GET",
        _ => return None,
    };
    Some(Rule { methods, exposed: "" })
}

/// The answer to a browser's question whether a script may ask.
pub(crate) fn preflight(rule: Rule, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::OK.into_response();
    add(rule, response.headers_mut());
    if let Some(asked) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    response
}

pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

pub(crate) fn add(rule: Rule, headers: &mut HeaderMap) {
    let lines: [(HeaderName, &'static str); 4] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, rule.methods),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, rule.exposed),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
    ];
    for (name, value) in lines {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::rule;

    #[test]
    fn only_mastodons_addresses_are_open_to_scripts() {
        assert!(rule("/api/v1/statuses").is_some());
        assert!(rule("/@alice").is_some());
        assert!(rule("/@alice/1").is_none());
        assert!(rule("/oauth/authorize").is_none());
        assert!(rule("/oauth/introspect").is_none());
        assert!(rule("/auth/sign_in").is_none());
    }
}
