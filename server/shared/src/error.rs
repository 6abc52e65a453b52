//! The one place where a refusal becomes an HTTP answer, with the status, text and headers that Mastodon's clients know.

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use services::error::{Error as ServiceError, Validation};

pub type ApiResult<T, E = Error> = std::result::Result<T, E>;

/// An answer that is not the one hoped for. Small enough to travel in every `Result`.
#[derive(Debug)]
pub struct Error(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    body: Value,
    /// `error` and `error_description` of `WWW-Authenticate`.
    challenge: Option<(&'static str, String)>,
    /// What really happened; goes to the log, never to the client.
    cause: Option<anyhow::Error>,
}

/// The text of an error answer, left on the response for `locale` to translate.
#[derive(Debug, Clone)]
pub(crate) struct ErrorText(pub(crate) String);

impl Error {
    /// Any status with `{"error": text}`.
    #[must_use]
    pub fn new(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self::with_body(status, json!({ "error": text.into() }))
    }

    /// Any status with a body of one's own.
    #[must_use]
    pub fn with_body(status: StatusCode, body: Value) -> Self {
        Self(Box::new(Refusal { status, body, challenge: None, cause: None }))
    }

    /// 404 `Record not found`: a row looked up by id is not there.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Record not found")
    }

    /// 404 `Not Found`: statuses and what else Mastodon refuses to show by hand.
    #[must_use]
    pub fn not_found_plain() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// 403 `This action is not allowed`.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This action is not allowed")
    }

    #[must_use]
    pub fn bad_request(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// 400 for a required parameter that is missing or empty.
    #[must_use]
    pub fn missing_param(name: &str) -> Self {
        Self::bad_request(format!("param is missing or the value is empty or invalid: {name}"))
    }

    /// 422 with a bare text.
    #[must_use]
    pub fn unprocessable(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    }

    #[must_use]
    pub fn too_many_requests() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
    }

    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "There was a temporary problem serving your request, please try again")
    }

    /// 500; the cause is logged once, when the answer is made.
    #[must_use]
    pub fn internal(cause: anyhow::Error) -> Self {
        let mut error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        error.0.cause = Some(cause);
        error
    }

    /// 422 with text and details together within `error`, as collections answer.
    #[must_use]
    pub fn nested(validation: Validation) -> Self {
        let plain = Self::from(Validation { with_details: true, ..validation });
        let body = json!({ "error": plain.0.body });
        Self::with_body(StatusCode::UNPROCESSABLE_ENTITY, body)
    }

    /// Adds Doorkeeper's `WWW-Authenticate`.
    #[must_use]
    pub fn with_challenge(mut self, code: &'static str, description: impl Into<String>) -> Self {
        self.0.challenge = Some((code, description.into()));
        self
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let Refusal { status, body, challenge, cause } = *self.0;
        if let Some(cause) = cause {
            tracing::error!(error = format!("{cause:#}"), "request failed");
        }
        let text = body.get("error").and_then(Value::as_str).map(str::to_owned);
        let mut response = (status, Json(body)).into_response();
        if let Some((code, description)) = challenge
            && let Some(value) = challenge_value(code, &description)
        {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        if let Some(text) = text {
            response.extensions_mut().insert(ErrorText(text));
        }
        response
    }
}

/// RFC 6750 allows a description neither quotes nor anything outside ASCII: Doorkeeper puts `_` in their place.
pub(crate) fn challenge_value(code: &str, description: &str) -> Option<HeaderValue> {
    let plain: String =
        description.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '_' }).collect();
    HeaderValue::from_str(&format!(r#"Bearer realm="Doorkeeper", error="{code}", error_description="{plain}""#)).ok()
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound => Self::not_found(),
            ServiceError::NotFoundPlain => Self::not_found_plain(),
            ServiceError::NotFoundBecause(text) => Self::new(StatusCode::NOT_FOUND, text),
            ServiceError::Forbidden => Self::forbidden(),
            ServiceError::ForbiddenBecause(text) => Self::new(StatusCode::FORBIDDEN, text),
            ServiceError::BadRequest(text) => Self::bad_request(text),
            ServiceError::Invalid(validation) => validation.into(),
            ServiceError::Unprocessable(text) => Self::unprocessable(text),
            ServiceError::Unauthorized(text) => Self::new(StatusCode::UNAUTHORIZED, text),
            ServiceError::TooManyRequests => Self::too_many_requests(),
            ServiceError::Conflict(text) => Self::new(StatusCode::CONFLICT, text),
            ServiceError::Gone => Self::new(StatusCode::GONE, "Gone"),
            ServiceError::Unavailable(text) => Self::new(StatusCode::SERVICE_UNAVAILABLE, text),
            // The endpoint that posts adds the accounts; see `api::v1::statuses`.
            ServiceError::UnexpectedMentions(_) => Self::unprocessable(error.to_string()),
            ServiceError::Jobs(jobs::Error::Db(error)) => error.into(),
            ServiceError::Jobs(cause) => Self::internal(cause.into()),
            ServiceError::Db(error) => error.into(),
            ServiceError::Other(error) => error.into(),
        }
    }
}

impl From<Validation> for Error {
    fn from(validation: Validation) -> Self {
        let text = validation.to_string();
        if !validation.with_details {
            return Self::unprocessable(text);
        }
        let mut details = Map::new();
        for detail in validation.details {
            let list = details.entry(detail.attribute).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(json!({ "error": detail.code, "description": detail.description }));
            }
        }
        Self::with_body(StatusCode::UNPROCESSABLE_ENTITY, json!({ "error": text, "details": details }))
    }
}

/// PostgreSQL's codes for what a client can bring about: races on unique indexes, rows that vanished under a foreign key,
/// values out of range, statements cut off.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code()).map(Cow::into_owned);
        match (&error, code.as_deref()) {
            (sqlx::Error::RowNotFound, _) | (_, Some("23503")) => Self::not_found(),
            (_, Some("23505")) => Self::unprocessable("Duplicate record"),
            (_, Some("22001" | "22003" | "22021" | "22P05" | "22008")) => Self::unprocessable("Record invalid"),
            (sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_), _)
            | (_, Some("40001" | "40P01" | "55P03" | "57014" | "57P01" | "57P03" | "53300")) => {
                tracing::warn!(%error, "database not available");
                Self::unavailable()
            }
            _ => Self::internal(error.into()),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<ServiceError>() {
            Ok(error) => error.into(),
            Err(error) => match error.downcast::<sqlx::Error>() {
                Ok(error) => error.into(),
                Err(error) => Self::internal(error),
            },
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error.into())
    }
}

/// Failures that nobody could provoke from outside.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error.into())
    }
}
