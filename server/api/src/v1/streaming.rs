//! Streams are another program's affair: whoever asks here is sent there.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, Uri, header};
use shared::{ApiResult, App, Error};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/streaming", get(show)).route("/api/v1/streaming/{*any}", get(show))
}

/// The same address on the host of the streaming server. A plain request that came to that very host found nobody else.
async fn show(State(app): State<App>, uri: Uri, headers: HeaderMap) -> ApiResult<Response> {
    let federation = &app.config.federation;
    let host = federation.streaming_base.split_once("://").map_or(federation.streaming_base.as_str(), |(_, host)| host);
    let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !federation.https && asked == host {
        return Err(Error::not_found_plain());
    }
    let scheme = if federation.https { "https" } else { "http" };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let location = format!("{scheme}://{host}{target}");
    let headers = [
        (header::LOCATION, location.as_str()),
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::VARY, "Authorization"),
    ];
    Ok((StatusCode::MOVED_PERMANENTLY, headers).into_response())
}
