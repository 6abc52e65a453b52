//! What is asked, and what comes back.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use url::Url;

use crate::error::Refusal;
use crate::limits;

/// What a request is for; it decides whether plain http will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Documents, WebFinger and deliveries: https, except on a server that itself runs without it.
    Federation,
    /// Pages behind links in posts.
    Page,
    /// Pictures, video, sound, emoji.
    Media,
}

/// Signs each request once more at each redirect, since a signature covers host and path.
pub trait Signer: Send + Sync {
    /// Adds `Date`, a digest of the body and the signature to the headers that are there.
    ///
    /// # Errors
    /// [`Refusal::Unsigned`]: the key does not sign; the request is not made.
    fn sign(&self, method: &Method, url: &Url, body: Option<&[u8]>, headers: &mut HeaderMap) -> Result<(), Refusal>;
}

/// A GET. Made with [`Get::new`], sent with [`Client::get`](crate::Client::get) or [`Client::download`](crate::Client::download).
#[derive(Clone)]
pub struct Get<'a> {
    pub(crate) url: &'a Url,
    pub(crate) kind: Kind,
    pub(crate) headers: HeaderMap,
    pub(crate) signer: Option<&'a dyn Signer>,
    pub(crate) limit: usize,
    pub(crate) truncate: bool,
}

impl<'a> Get<'a> {
    #[must_use]
    pub fn new(url: &'a Url, kind: Kind) -> Self {
        Self { url, kind, headers: HeaderMap::new(), signer: None, limit: limits::DOCUMENT, truncate: false }
    }

    #[must_use]
    pub fn accept(self, types: &'static str) -> Self {
        self.header(ACCEPT, HeaderValue::from_static(types))
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    #[must_use]
    pub fn signed_by(mut self, signer: Option<&'a dyn Signer>) -> Self {
        self.signer = signer;
        self
    }

    /// Bytes of the body after decompression; one more is [`FetchError::TooLarge`](crate::FetchError::TooLarge). 1 MiB unless said.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Takes what fits into the limit instead of refusing the whole: the head of a page tells enough for a preview.
    #[must_use]
    pub fn truncate(mut self) -> Self {
        self.truncate = true;
        self
    }
}

/// A POST to an inbox. Redirects are not followed: a signature would not hold there.
#[derive(Clone)]
pub struct Post<'a> {
    pub(crate) url: &'a Url,
    pub(crate) body: Bytes,
    pub(crate) headers: HeaderMap,
    pub(crate) signer: Option<&'a dyn Signer>,
}

impl<'a> Post<'a> {
    #[must_use]
    pub fn new(url: &'a Url, content_type: &'static str, body: Bytes) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { url, body, headers, signer: None }
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    #[must_use]
    pub fn signed_by(mut self, signer: Option<&'a dyn Signer>) -> Self {
        self.signer = signer;
        self
    }
}

/// A successful answer (2xx).
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where it came from, after redirects.
    pub url: Url,
    pub body: Bytes,
}

impl Answer {
    /// The media type in lower case, without parameters; empty when the server did not say.
    #[must_use]
    pub fn media_type(&self) -> String {
        media_type(&self.headers)
    }

    #[must_use]
    pub fn content_type(&self) -> &str {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What [`Client::download`](crate::Client::download) wrote into the file.
#[derive(Debug, Clone)]
pub struct Download {
    pub length: u64,
    pub media_type: String,
    pub headers: HeaderMap,
    pub url: Url,
}

pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
