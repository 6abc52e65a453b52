//! The refusals of RFC 6749 with Doorkeeper's sentences.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use shared::Error;

#[derive(Debug)]
pub(super) enum Refusal {
    /// A required parameter is absent.
    Missing(&'static str),
    UnsupportedGrantType,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    /// The client may not end this token.
    NotYours,
    /// Ours: the database is away and the like.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, description) = match self {
            Self::Failed(error) => return error.into_response(),
            Self::Missing(name) => (StatusCode::BAD_REQUEST, "invalid_request", format!("Missing required parameter: {name}.")),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.".to_owned(),
            ),
            Self::InvalidClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "Client authentication failed due to unknown client, no client authentication included, or unsupported \
                 authentication method."
                    .to_owned(),
            ),
            Self::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the \
                 authorization request, or was issued to another client."
                    .to_owned(),
            ),
            Self::InvalidScope => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "The requested scope is invalid, unknown, or malformed.".to_owned())
            }
            Self::NotYours => {
                let body =
                    json!({ "error": "unauthorized_client", "error_description": "You are not authorized to revoke this token" });
                return (StatusCode::FORBIDDEN, [(header::CACHE_CONTROL, "no-cache"), (header::VARY, "Accept")], Json(body))
                    .into_response();
            }
        };
        let challenge = format!(r#"Bearer realm="Doorkeeper", error="{code}", error_description="{description}""#);
        let body = json!({ "error": code, "error_description": description });
        let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        // Refused before Rails renders anything: these two lack its Vary.
        if !matches!(code, "invalid_request" | "unsupported_grant_type") {
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
        }
        response
    }
}
