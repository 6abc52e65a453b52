//! `Digest` and `Content-Digest`: the link between a signature and the body. Only SHA-256.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sfv::{Dictionary, ListEntry, Parser};

use super::SignatureError;

/// The value of a `Digest` header for this body.
#[must_use]
pub fn digest_header(body: &[u8]) -> String {
    format!("SHA-256={}", sha256(body))
}

fn sha256(body: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, body))
}

pub(super) fn check_digest(header: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
    let header = header.ok_or_else(|| SignatureError::Digest("Digest header missing".to_owned()))?;
    let offered: Vec<(String, &str)> = header
        .split(',')
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
        .collect();
    let Some((_, given)) = offered.iter().find(|(name, _)| name == "sha-256") else {
        return Err(unsupported("Digest", offered.iter().map(|(name, _)| name.as_str())));
    };
    let computed = sha256(body);
    if computed == *given {
        return Ok(());
    }
    Err(SignatureError::Digest(match STANDARD.decode(given) {
        Err(_) => format!("Invalid Digest value. The provided Digest value is not a valid base64 string. Given digest: {given}"),
        Ok(bytes) if bytes.len() != 32 => {
            format!("Invalid Digest value. The provided Digest value is not a SHA-256 digest. Given digest: {given}")
        }
        Ok(_) => format!("Invalid Digest value. Computed SHA-256 digest: {computed}; given: {given}"),
    }))
}

pub(super) fn check_content_digest(header: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
    let header = header.ok_or_else(|| SignatureError::Digest("Content-Digest header missing".to_owned()))?;
    let offered: Dictionary = Parser::new(header).parse().map_err(|_| {
        SignatureError::Malformed("Content-Digest could not be parsed. It does not contain a valid RFC8941 dictionary.")
    })?;
    let given = offered.iter().find(|(name, _)| name.as_str() == "sha-256").map(|(_, entry)| entry);
    let Some(ListEntry::Item(given)) = given else {
        return Err(unsupported("Content-Digest", offered.keys().map(|name| name.as_str())));
    };
    let given = given.bare_item.as_byte_sequence().unwrap_or_default();
    if digest(&SHA256, body).as_ref() == given {
        return Ok(());
    }
    let (computed, given) = (sha256(body), STANDARD.encode(given));
    Err(SignatureError::Digest(format!("Invalid Digest value. Computed SHA-256 digest: {computed}; given: {given}")))
}

fn unsupported<'a>(header: &str, offered: impl Iterator<Item = &'a str>) -> SignatureError {
    let offered = offered.collect::<Vec<_>>().join(", ");
    SignatureError::Digest(format!("Mastodon only supports SHA-256 in {header} header. Offered algorithms: {offered}"))
}
