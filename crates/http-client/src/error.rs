//! Why a request was not made, or not answered as wanted. What the caller does next (give up, retry, forget) depends on it.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

/// The configuration does not make a client.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("SSL_CERT_FILE: {0}")]
    Certificates(String),
    #[error("http_proxy: {0}")]
    Proxy(String),
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
}

/// Why the guard did not let a request out. Asking again would not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the URL cannot be read")]
    Malformed,
    #[error("only https is spoken here")]
    Scheme,
    #[error("a URL with a name or password in it")]
    Userinfo,
    #[error("a hidden service")]
    HiddenService,
    #[error("{0} is not a public address")]
    Address(IpAddr),
    #[error("a redirect from https to http")]
    Downgrade,
    #[error("more than {0} redirects, or a circle of them")]
    Redirects(usize),
    #[error("the request could not be signed")]
    Unsigned,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// No name, no connection, no TLS, or no answer in time.
    #[error("unreachable: {0}")]
    Unreachable(String),
    #[error("the answer is too large")]
    TooLarge,
    /// 410: what was there has been removed for good.
    #[error("gone")]
    Gone,
    /// 429 or 503 with a time that the other server wishes.
    #[error("{status}, asked to wait {after:?}")]
    RetryAfter { status: u16, after: Duration },
    #[error("status {0}")]
    Status(u16),
    /// It answered, but not with what was asked for.
    #[error("{0}")]
    Invalid(&'static str),
    /// The file for a download could not be written.
    #[error("storing the answer: {0}")]
    Storage(String),
}

impl FetchError {
    /// Whether the same request may succeed later. Mastodon gives up at 501 and at 4xx except 401, 408 and 429.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(_) | Self::TooLarge | Self::Gone | Self::Invalid(_) => false,
            Self::Unreachable(_) | Self::RetryAfter { .. } | Self::Storage(_) => true,
            Self::Status(status) => !(*status == 501 || (400..500).contains(status) && !matches!(status, 401 | 408 | 429)),
        }
    }

    /// The status that was answered, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Gone => Some(410),
            Self::Status(status) | Self::RetryAfter { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// The address that was asked for stays out of the text: it is in the log line of the caller, and may hold a token.
impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if let Some(refusal) = refusal_inside(&error) {
            return Self::Refused(refusal);
        }
        if error.is_builder() {
            return Self::Refused(Refusal::Malformed);
        }
        let mut text = if error.is_timeout() { "timed out".to_owned() } else { error.to_string() };
        let mut source = error.source();
        while let Some(inner) = source {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            source = inner.source();
        }
        Self::Unreachable(text)
    }
}

/// The resolver's refusal comes back wrapped in the errors of three libraries.
fn refusal_inside(error: &reqwest::Error) -> Option<Refusal> {
    let mut current: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = current {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return Some(refusal.clone());
        }
        current = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::FetchError;

    #[test]
    fn only_some_answers_are_worth_another_try() {
        let temporary = |status| FetchError::Status(status).is_temporary();
        assert!([401, 408, 429, 500, 502, 503, 302].into_iter().all(temporary));
        assert!(![400, 403, 404, 422, 501].into_iter().any(temporary));
    }
}
