//! The way of every request, in one place: address, path, parameters, identity, limits, the route, and back through headers,
//! language and log.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use kv::rate_limit::Count;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::auth::{self, Auth, ClientAddr};
use crate::error::{Error, ErrorText, challenge_value};
use crate::headers::{self, Asked, Unrouted};
use crate::locale::{self, Locale};
use crate::not_found::not_found;
use crate::params::{self, RawParams};
use crate::rate_limit::{self, ActionLimit, Subject, Verdict};
use crate::{access, cors};

/// Puts everything that is common around the routes. Give it the merged routers; the result is ready to be served with
/// `into_make_service_with_connect_info::<SocketAddr>()` (on a Unix socket without: the peer then counts as a proxy).
pub fn layers(routes: Router<App>, app: App) -> Router {
    let routes = routes
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(DefaultBodyLimit::disable())
        .with_state(app.clone())
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Error::internal(anyhow::anyhow!("a handler panicked")).into_response()
        }));
    Router::new()
        .fallback(move |request: Request| {
            let (app, routes) = (app.clone(), routes.clone());
            async move { serve(&app, routes, request).await }
        })
        .layer(DefaultBodyLimit::disable())
}

async fn serve(app: &App, routes: Router, mut request: Request) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let address = client_address(app, &request);
    request.extensions_mut().insert(ClientAddr(address));
    normalise_path(&mut request);
    let mut asked =
        Asked { method: request.method().clone(), path: request.uri().path().to_owned(), headers: request.headers().clone() };
    let mut response = answer(app, routes, request, address, &mut asked).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    tracing::info!(
        target: "ferrodon",
        method = %asked.method,
        path = %asked.path,
        status = response.status().as_u16(),
        ms = started.elapsed().as_millis(),
        id,
        "request"
    );
    response
}

async fn answer(app: &App, routes: Router, request: Request, address: IpAddr, asked: &mut Asked) -> Response {
    if app.ip_blocks.contains(app, address).await {
        return (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/plain")], "Forbidden").into_response();
    }
    if let Some(location) = https_address(app, &request) {
        return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response();
    }
    let rule = cors::rule(&asked.path);
    if let Some(rule) = rule
        && cors::is_preflight(&asked.method, &asked.headers)
    {
        return cors::preflight(rule, &asked.headers);
    }
    let mut response = inside(app, routes, request, address, asked).await;
    if let Some(rule) = rule {
        if asked.headers.contains_key(header::ORIGIN) {
            cors::add(rule, response.headers_mut());
        }
        headers::add_vary(response.headers_mut(), "Origin");
    }
    response
}

async fn inside(app: &App, routes: Router, request: Request, address: IpAddr, asked: &mut Asked) -> Response {
    if let Some(status) = unreadable(&request) {
        return (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")]).into_response();
    }
    let (request, params) = match params::read(request).await {
        Ok(read) => read,
        Err(status) => return (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")]).into_response(),
    };
    let (mut parts, body) = request.into_parts();
    override_method(&mut parts, &params);
    asked.method = parts.method.clone();
    parts.extensions.insert(params.clone());
    let is_api = asked.path.starts_with("/api/") || asked.path == "/oauth/userinfo";
    let auth = if is_api {
        match auth::load(app, &parts).await {
            Ok(auth) => auth,
            Err(error) => return finished(app, asked, &Locale("en".to_owned()), None, error.into_response()).await,
        }
    } else {
        Auth::default()
    };
    let subject = Subject::new(&asked.method, &asked.path, &params, address, &auth);
    let count = match rate_limit::check(app, &subject).await {
        Verdict::Pass(count) => count,
        Verdict::Refuse(response) => return *response,
    };
    let locale = Locale::choose(app, &params, &auth, &asked.headers);
    if is_api {
        if let Err(error) = access::check(app, asked, &auth) {
            // Refused before an endpoint says what its answers depend on (recorded: `admin_accounts`).
            let refusal = ([(header::VARY, "Accept")], error).into_response();
            return finished(app, asked, &locale, count, refusal).await;
        }
        auth::touch(app, &auth, address);
        parts.extensions.insert(auth);
        parts.extensions.insert(locale.clone());
    }
    // Rails takes what follows a dot for a format, and the API has none: `/api/v1/statuses/1.json` is no status.
    let response = if asked.path.starts_with("/api/") && asked.path.contains('.') {
        not_found(asked.headers.clone()).await
    } else {
        match routes.oneshot(Request::from_parts(parts, body)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    };
    finished(app, asked, &locale, count, response).await
}

async fn finished(app: &App, asked: &Asked, locale: &Locale, count: Option<Count>, mut response: Response) -> Response {
    if let Some(ErrorText(text)) = response.extensions().get()
        && let Some(translated) = locale::translate(locale, text)
    {
        response = in_other_words(response, &translated);
    }
    headers::finish(app, asked, &mut response);
    if response.extensions().get::<Unrouted>().is_none() {
        let action = response.extensions().get::<ActionLimit>().map(|limit| limit.0);
        let tightest = [count, action].into_iter().flatten().min_by_key(Count::remaining);
        if let Some(count) = tightest {
            rate_limit::write(response.headers_mut(), &count);
        }
    }
    headers::etag(asked, response).await
}

/// Only plain `{"error": …}` bodies carry the text that is translated.
fn in_other_words(response: Response, text: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(present) = parts.headers.get(header::WWW_AUTHENTICATE)
        && present.as_bytes().windows(13).any(|window| window == b"invalid_token")
        && let Some(value) = challenge_value("invalid_token", text)
    {
        parts.headers.insert(header::WWW_AUTHENTICATE, value);
    }
    Response::from_parts(parts, Body::from(Bytes::from(json!({ "error": Value::from(text) }).to_string())))
}

/// One that a proxy gave, if it looks like one; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given: String = headers
        .get("x-request-id")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(255)
        .collect();
    if given.is_empty() { uuid::Uuid::new_v4().to_string() } else { given }
}

fn client_address(app: &App, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let forwarded: Vec<&str> =
        request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    app.config.web.client_address(peer.to_canonical(), &forwarded.join(","))
}

/// Doubled slashes and one at the end are real clients' doing; the router and the limits see one spelling.
fn normalise_path(request: &mut Request) {
    let path = request.uri().path();
    if !path.contains("//") && (path.len() == 1 || !path.ends_with('/')) {
        return;
    }
    let mut clean = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        clean.push('/');
        clean.push_str(segment);
    }
    if clean.is_empty() {
        clean.push('/');
    }
    if let Some(query) = request.uri().query() {
        clean.push('?');
        clean.push_str(query);
    }
    let mut parts = request.uri().clone().into_parts();
    if let Ok(path) = clean.parse::<PathAndQuery>() {
        parts.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
}

/// Verbs that Rails has heard of (RFC 2518 to 5789): those without a route are 404, all others 405.
const KNOWN_METHODS: &[&str] = &[
    "ACL",
    "BASELINE-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKWORKSPACE",
    "MOVE",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "REPORT",
    "SEARCH",
    "TRACE",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "VERSION-CONTROL",
];

/// The status for a request whose first line says nothing: an unknown verb, or a path that is no text.
fn unreadable(request: &Request) -> Option<StatusCode> {
    if !KNOWN_METHODS.contains(&request.method().as_str()) {
        return Some(StatusCode::METHOD_NOT_ALLOWED);
    }
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8();
    path.is_err().then_some(StatusCode::BAD_REQUEST)
}

/// A form can only GET and POST; Rails' hidden field `_method`, or a header, says what is meant. JSON can say it directly.
fn override_method(parts: &mut http::request::Parts, params: &RawParams) {
    if parts.method != Method::POST || parts.uri.path().ends_with("/inbox") {
        return;
    }
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let is_form = text("content-type").is_some_and(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.starts_with("application/x-www-form-urlencoded") || kind.starts_with("multipart/form-data")
    });
    let field = if is_form { params.text("_method") } else { None };
    let meant = field.or_else(|| text("x-http-method-override").map(str::to_owned));
    parts.method = match meant.map(|text| text.to_ascii_lowercase()).as_deref() {
        Some("delete") => Method::DELETE,
        Some("put") => Method::PUT,
        Some("patch") => Method::PATCH,
        _ => return,
    };
}

/// Where a request that a proxy took without encryption should go instead.
fn https_address(app: &App, request: &Request) -> Option<String> {
    let federation = &app.config.federation;
    let plain = request.headers().get("x-forwarded-proto").is_some_and(|value| value == "http");
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let exempt = path.starts_with("/health") || host.ends_with(".onion") || host.ends_with(".i2p");
    (federation.https && plain && !exempt).then(|| format!("{}{path}", federation.base_url()))
}
