//! The program `ferrodon-streaming`: WebSocket and server-sent events. It speaks Mastodon's Redis channels, so it serves under a Ruby
//! Mastodon as well.

mod app;
mod auth;
mod channel;
mod event;
mod filter;
mod hub;
mod limits;
mod mailbox;
mod metrics;
mod refusal;
mod relations;
mod serve;
mod session;
mod sse;
mod websocket;

use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub use app::App;
pub use serve::{Listener, Peer};

/// How long it takes until the last client is sent away when the process ends.
const FAREWELL: Duration = Duration::from_secs(4);

/// Serves until `shutdown` is done, then says farewell to the clients.
pub async fn run(app: App, listener: Listener, shutdown: impl Future<Output = ()>) {
    let router = router(app.clone());
    tokio::select! {
        () = serve::accept(listener, router) => {}
        () = shutdown => {}
    }
    app.say_farewell();
    let _ = tokio::time::timeout(FAREWELL + Duration::from_millis(500), app.metrics.all_clients_gone()).await;
}

/// Every path arrives in one place: an upgrade is accepted on all of them, as Mastodon does.
pub fn router(app: App) -> Router {
    Router::new().fallback(dispatch).with_state(app)
}

async fn dispatch(State(app): State<App>, ConnectInfo(peer): ConnectInfo<Peer>, request: Request) -> Response {
    let request_id = app::request_id(request.headers());
    let mut response = route(app, peer, request).await;
    let headers = response.headers_mut();
    headers.insert("x-request-id", request_id);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

async fn route(app: App, peer: Peer, request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight(&request);
    }
    match request.uri().path() {
        "/favicon.ico" => StatusCode::NOT_FOUND.into_response(),
        "/api/v1/streaming/health" => health(),
        "/metrics" => metrics::show(&app),
        _ if websocket::is_upgrade(request.headers()) => websocket::open(app, peer, request).await,
        _ => sse::open(app, peer, request).await.unwrap_or_else(IntoResponse::into_response),
    }
}

fn health() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "private, no-store")];
    (headers, "OK").into_response()
}

/// Any site may stream with a token.
fn preflight(request: &Request) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE"));
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    if let Some(wanted) = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    response
}
