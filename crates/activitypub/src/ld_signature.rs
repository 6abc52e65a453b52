//! Linked-data signatures (`RsaSignature2017`): they stay valid when a third server passes a document on. What is signed is
//! the document's graph and not its text, so after a check only that part counts which both readings share, see `signed_part`.

mod graph;
mod terms;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::keys::{PrivateKey, PublicKey};

const KIND: &str = "RsaSignature2017";
const IDENTITY: &str = "https://w3id.org/identity/v1";
const SECURITY: &str = "https://w3id.org/security/v1";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LdError {
    #[error("no RsaSignature2017")]
    NotSigned,
    /// A context that is neither known nor written out, or one that changes how keywords are read.
    #[error("a context that is not supported: {0}")]
    Context(String),
    /// No JSON-LD, or a shape that is not taken: named graphs, keywords within.
    #[error("a document of unsupported form")]
    Form,
    /// Canonicalising it would cost too much.
    #[error("the document is too involved")]
    TooLarge,
    #[error("the signature does not fit")]
    Mismatch,
    #[error("the document could not be signed")]
    Sign,
}

/// The key id that a signed document names; the caller looks its owner up.
#[must_use]
pub fn creator(document: &Value) -> Option<&str> {
    let signature = document.get("signature")?;
    let known = signature.get("type")?.as_str() == Some(KIND) && signature.get("signatureValue")?.is_string();
    signature.get("creator")?.as_str().filter(|_| known)
}

/// Gives back what was signed: the document without members that its contexts do not define, or define otherwise than they
/// are read here. Takes some milliseconds of a core.
///
/// # Errors
/// See [`LdError`].
pub fn verify(document: &Value, key: &PublicKey) -> Result<Value, LdError> {
    creator(document).ok_or(LdError::NotSigned)?;
    let members = document.as_object().ok_or(LdError::Form)?;
    let signature = members.get("signature").and_then(Value::as_object).ok_or(LdError::NotSigned)?;
    let value = signature.get("signatureValue").and_then(Value::as_str).unwrap_or_default();
    let value = STANDARD.decode(value.trim()).map_err(|_| LdError::NotSigned)?;
    let mut unsigned = members.clone();
    unsigned.shift_remove("signature");
    let unsigned = Value::Object(unsigned);
    let terms = terms::Active::of(&unsigned)?;
    if key.verifies(to_be_signed(signature, &unsigned)?.as_bytes(), &value) {
        Ok(terms.signed_part(&unsigned))
    } else {
        Err(LdError::Mismatch)
    }
}

/// Adds a signature by `creator`, a key id of ours, and the context that it needs.
///
/// # Errors
/// [`LdError::Sign`], or a document that could not be verified either.
pub fn sign(document: Value, creator: &str, key: &PrivateKey, now: DateTime<Utc>) -> Result<Value, LdError> {
    let Value::Object(mut document) = document else { return Err(LdError::Form) };
    document.shift_remove("signature");
    let document = Value::Object(document);
    let created = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let Value::Object(mut signature) = json!({"type": KIND, "creator": creator, "created": created}) else {
        return Err(LdError::Form);
    };
    let value = key.sign(to_be_signed(&signature, &document)?.as_bytes()).map_err(|_| LdError::Sign)?;
    signature.insert("signatureValue".to_owned(), Value::String(STANDARD.encode(value)));
    Ok(with_signature(document, signature))
}

fn with_signature(document: Value, signature: Map<String, Value>) -> Value {
    let Value::Object(mut members) = document else { return document };
    let mut contexts = match members.get("@context") {
        Some(Value::Array(contexts)) => contexts.clone(),
        Some(context) => vec![context.clone()],
        None => Vec::new(),
    };
    if !contexts.iter().any(|context| context.as_str() == Some(SECURITY)) {
        contexts.push(Value::String(SECURITY.to_owned()));
    }
    members.insert("@context".to_owned(), Value::Array(contexts));
    members.insert("signature".to_owned(), Value::Object(signature));
    Value::Object(members)
}

/// The hashes of the signature's own members and of the document, in this order, as hexadecimal text.
fn to_be_signed(signature: &Map<String, Value>, document: &Value) -> Result<String, LdError> {
    let mut options = Map::from_iter([("@context".to_owned(), Value::String(IDENTITY.to_owned()))]);
    let members = signature.iter().filter(|(name, _)| !matches!(name.as_str(), "type" | "id" | "signatureValue" | "@context"));
    options.extend(members.map(|(name, value)| (name.clone(), value.clone())));
    let hash = |document: &Value| Ok::<_, LdError>(hex::encode(digest(&SHA256, graph::canonical(document)?.as_bytes())));
    Ok(hash(&Value::Object(options))? + &hash(document)?)
}

#[cfg(test)]
mod tests;
