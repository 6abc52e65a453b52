//! The signature on what we send: draft-cavage with rsa-sha256, the only kind that Mastodon 4.6 makes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::Clock;
use http::header::{ACCEPT_ENCODING, DATE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_client::{Refusal, Signer, Url};

use super::{cavage, digest_header, field, time_window};
use crate::keys::PrivateKey;

static DIGEST: HeaderName = HeaderName::from_static("digest");
static SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// Signs requests as one of our actors. Covered are host, date, digest of a body, whatever the caller set before, and last the
/// target, in this order (recorded from Mastodon).
#[derive(Debug, Clone)]
pub struct RequestSigner {
    key_id: String,
    key: PrivateKey,
    clock: Clock,
}

impl RequestSigner {
    /// `key_id` is what others look the key up by: the actor's URI with `#main-key`.
    #[must_use]
    pub fn new(key_id: String, key: PrivateKey, clock: Clock) -> Self {
        Self { key_id, key, clock }
    }

    fn header(&self, method: &Method, url: &Url, headers: &HeaderMap) -> Option<String> {
        let host = match (url.host_str()?, url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let mut names = vec!["host", "date"];
        names.extend(headers.contains_key(&DIGEST).then_some("digest"));
        names.extend(headers.keys().map(HeaderName::as_str).filter(|name| {
            ![USER_AGENT.as_str(), ACCEPT_ENCODING.as_str(), HOST.as_str(), DATE.as_str(), "digest", "signature"].contains(name)
        }));
        let mut values = BTreeMap::from([("host".to_owned(), host)]);
        for name in names.iter().filter(|name| **name != "host") {
            values.insert((*name).to_owned(), field(headers, name)?);
        }
        names.push("(request-target)");
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let text = cavage::signing_string(method, &target, &names, values).ok()?;
        let signature = STANDARD.encode(self.key.sign(text.as_bytes()).ok()?);
        let names = names.join(" ");
        Some(format!(r#"keyId="{}",algorithm="rsa-sha256",headers="{names}",signature="{signature}""#, self.key_id))
    }
}

impl Signer for RequestSigner {
    fn sign(&self, method: &Method, url: &Url, body: Option<&[u8]>, headers: &mut HeaderMap) -> Result<(), Refusal> {
        let value = |text: String| HeaderValue::try_from(text).map_err(|_| Refusal::Unsigned);
        headers.insert(DATE, value(time_window::http_date(self.clock.now()))?);
        if let Some(body) = body {
            headers.insert(DIGEST.clone(), value(digest_header(body))?);
        }
        let signature = self.header(method, url, headers).ok_or(Refusal::Unsigned)?;
        headers.insert(SIGNATURE.clone(), value(signature)?);
        Ok(())
    }
}
