//! Why something is not streamed, in Mastodon's words.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: &'static str,
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
}

#[derive(Serialize)]
struct Frame {
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

impl Refusal {
    pub(crate) const MISSING_TOKEN: Self = Self::new(StatusCode::UNAUTHORIZED, "Missing access token");
    pub(crate) const INVALID_TOKEN: Self = Self::new(StatusCode::UNAUTHORIZED, "Invalid access token");
    pub(crate) const SCOPES: Self = Self::new(StatusCode::UNAUTHORIZED, "Access token does not have the required scopes");
    pub(crate) const FOREIGN_LIST: Self = Self::new(StatusCode::UNAUTHORIZED, "Not authorized to stream this list");
    pub(crate) const UNKNOWN_CHANNEL: Self = Self::new(StatusCode::BAD_REQUEST, "Unknown channel requested");
    pub(crate) const UNKNOWN_STREAM: Self = Self::new(StatusCode::BAD_REQUEST, "Unknown stream type");
    pub(crate) const MISSING_TAG: Self = Self::new(StatusCode::BAD_REQUEST, "Missing tag name parameter");
    pub(crate) const MISSING_LIST: Self = Self::new(StatusCode::BAD_REQUEST, "Missing list name parameter");
    pub(crate) const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "Not found");
    pub(crate) const TOO_MANY: Self = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
    pub(crate) const UNEXPECTED: Self = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "An unexpected error occurred");

    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message }
    }

    /// The message to a WebSocket that asked for a subscription.
    pub(crate) fn frame(self) -> String {
        frame(&Frame { error: self.message, status: Some(self.status.as_u16()) })
    }

    /// The answer to an upgrade: Mastodon sends no body, the reason stands in a header.
    pub(crate) fn to_upgrade(self) -> Response {
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("close")),
            (header::CONTENT_TYPE, HeaderValue::from_static("text/plain")),
        ];
        let mut response = (self.status, headers).into_response();
        response.headers_mut().insert("x-error-message", HeaderValue::from_static(self.message));
        response
    }
}

/// The message to a WebSocket that wants to leave a stream that cannot exist.
pub(crate) fn cannot_unsubscribe() -> String {
    frame(&Frame { error: "Error unsubscribing from channel", status: None })
}

fn frame(frame: &Frame) -> String {
    serde_json::to_string(frame).unwrap_or_default()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(Body { error: self.message })).into_response()
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(target: "ferrodon", error = %error, "the database does not answer");
        Self::UNEXPECTED
    }
}
