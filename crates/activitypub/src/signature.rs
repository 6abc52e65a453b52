//! HTTP signatures: draft-cavage in both directions, RFC 9421 inwards, as Mastodon 4.6 does it. Pure functions over a request;
//! who a key belongs to and when to fetch it anew is decided by the caller:
//! [`ParsedSignature::from_request`], look up [`ParsedSignature::key_id`], [`ParsedSignature::verifies`], and once more after
//! a refresh of the key.

mod cavage;
mod digest;
mod rfc9421;
mod sign;
mod time_window;

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode};

use crate::keys::PublicKey;

pub use digest::digest_header;
pub use sign::RequestSigner;

/// What of a request a signature can cover.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    pub method: &'a Method,
    /// `https` or `http`, as the client saw it.
    pub scheme: &'a str,
    /// The `Host` header, or `:authority` of HTTP/2.
    pub host: &'a str,
    /// Path and query as received, not normalised.
    pub target: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// A signature whose form, time, coverage and digest are in order. Whether it fits a key is the only question left.
#[derive(Debug, Clone)]
pub struct ParsedSignature {
    key_id: String,
    signature: Vec<u8>,
    /// What may have been signed; more than one, since some servers leave the query out of `(request-target)`.
    messages: Vec<Vec<u8>>,
}

/// The texts are what Mastodon answers in `error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("Request not signed")]
    NotSigned,
    #[error("Error parsing signature parameters")]
    Parameters,
    #[error("Incompatible request signature. {0} are required")]
    Missing(&'static str),
    #[error("Unsupported signature algorithm (only rsa-sha256 and hs2019 are supported)")]
    Algorithm,
    #[error("Signed request date outside acceptable time window")]
    TimeWindow,
    #[error("Invalid Date header: not RFC 2616 compliant date: {0:?}")]
    Date(String),
    #[error("Mastodon requires {0}")]
    Coverage(&'static str),
    #[error("Header {0} is signed but missing")]
    HeaderMissing(String),
    #[error("Invalid pseudo-header ({0}) for rsa-sha256")]
    PseudoHeader(&'static str),
    #[error("Pseudo-header ({0}) used but corresponding argument missing")]
    PseudoHeaderArgument(&'static str),
    #[error("{0}")]
    Digest(String),
    /// A structured header that is none.
    #[error("{0}")]
    Malformed(&'static str),
    #[error("Public key not found for key {0}")]
    KeyNotFound(String),
    #[error("Could not refresh public key {0}")]
    KeyNotRefreshed(String),
    #[error("Verification failed for {account} {uri}")]
    Failed { account: String, uri: String },
    /// The key's server could not be reached.
    #[error("Failed to fetch remote data: {0}")]
    Unreachable(String),
    #[error("Failed to fetch remote data (got unexpected reply from server)")]
    UnexpectedReply,
    #[error("Fetching attempt skipped because of recent connection failure")]
    Skipped,
}

impl SignatureError {
    #[must_use]
    pub fn http_status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unreachable(_) | Self::UnexpectedReply | Self::Skipped => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}

impl ParsedSignature {
    /// Judges everything that needs no key: parameters, time window (an hour of skew, twelve hours at most), what must be
    /// covered, and that the digest is the body's. All this before any look-up, so that a bad request costs no fetch.
    ///
    /// # Errors
    /// [`SignatureError::NotSigned`] without `Signature`; otherwise the first thing that is wrong.
    pub fn from_request(request: &SignedRequest<'_>, now: DateTime<Utc>) -> Result<Self, SignatureError> {
        let header = field(request.headers, "signature").ok_or(SignatureError::NotSigned)?;
        match field(request.headers, "signature-input") {
            Some(input) => rfc9421::parse(request, &input, &header, now),
            None => cavage::parse(request, &header, now),
        }
    }

    /// As sent: an actor's URI with a fragment, the URI of a key document, or `acct:user@host`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    #[must_use]
    pub fn verifies(&self, key: &PublicKey) -> bool {
        self.messages.iter().any(|message| key.verifies(message, &self.signature))
    }
}

/// A header's lines, trimmed and joined, as both schemes want them. Bytes outside of ASCII make it absent.
fn field(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let value = value.to_str().ok()?.trim();
        match &mut joined {
            Some(joined) => {
                joined.push_str(", ");
                joined.push_str(value);
            }
            None => joined = Some(value.to_owned()),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
