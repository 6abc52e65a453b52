//! RSA keys of accounts: made, read from the PEM that Mastodon stored or another server published, and kept parsed.

use std::fmt;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use moka::sync::Cache;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::pkcs8::DecodePrivateKey;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("not a PEM of an RSA key")]
    Form,
    #[error("not a usable RSA key")]
    Refused,
    #[error("no key could be made")]
    Generate,
}

/// Of another account, or the public half of one of ours. Cheap to clone.
#[derive(Clone)]
pub struct PublicKey {
    key: Arc<ParsedPublicKey>,
}

/// Of one of our accounts. Cheap to clone; signing takes 0.3 ms.
#[derive(Clone)]
pub struct PrivateKey {
    key: Arc<KeyPair>,
}

/// What a new local account gets, in the forms that Mastodon stores.
pub struct NewKey {
    /// `accounts.private_key`: PKCS#1
    pub private_pem: String,
    /// `accounts.public_key`: SPKI
    pub public_pem: String,
}

/// Parsing costs twice (private) and a fifth (public) of what it is wanted for. By the hash of the PEM, so that a changed key is
/// another entry.
static PRIVATE: LazyLock<Cache<[u8; 32], PrivateKey>> = LazyLock::new(|| Cache::new(2_000));
static PUBLIC: LazyLock<Cache<[u8; 32], PublicKey>> = LazyLock::new(|| Cache::new(20_000));

/// PEMs of other servers come with wrong padding now and then.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

impl PublicKey {
    /// SPKI (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`). Of a key below 1024 bits no signature will verify.
    ///
    /// # Errors
    /// Another kind of key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let name = fingerprint(pem);
        if let Some(key) = PUBLIC.get(&name) {
            return Ok(key);
        }
        let (_, der) = decode_pem(pem, "PUBLIC KEY")?;
        // Keys of 1024 bits are still about, and Mastodon accepts them.
        let key = ParsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, der).map_err(|_| KeyError::Refused)?;
        let key = Self { key: Arc::new(key) };
        PUBLIC.insert(name, key.clone());
        Ok(key)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

impl PrivateKey {
    /// PKCS#1 (`RSA PRIVATE KEY`), as Mastodon writes it, or PKCS#8 (`PRIVATE KEY`).
    ///
    /// # Errors
    /// Another kind of key, or a damaged one.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let name = fingerprint(pem);
        if let Some(key) = PRIVATE.get(&name) {
            return Ok(key);
        }
        let (label, der) = decode_pem(pem, "PRIVATE KEY")?;
        let parsed = if label.starts_with("RSA") { KeyPair::from_der(&der) } else { KeyPair::from_pkcs8(&der) };
        let key = Self { key: Arc::new(parsed.map_err(|_| KeyError::Refused)?) };
        PRIVATE.insert(name, key.clone());
        Ok(key)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    /// The system has no random numbers for blinding.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| KeyError::Refused)?;
        Ok(signature)
    }

    /// # Errors
    /// The key has no public form that can be written.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        let der: PublicKeyX509Der<'_> = self.key.public_key().as_der().map_err(|_| KeyError::Refused)?;
        Ok(encode_pem("PUBLIC KEY", der.as_ref()))
    }
}

impl NewKey {
    /// 2048 bits; takes some 80 ms of a core, so not in the middle of a request that somebody waits for without need.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
        let private = rsa::RsaPrivateKey::from_pkcs8_der(pkcs8.as_ref()).map_err(|_| KeyError::Generate)?;
        let private_pem = private.to_pkcs1_pem(LineEnding::LF).map_err(|_| KeyError::Generate)?.to_string();
        let public_pem = PrivateKey { key: Arc::new(pair) }.public_pem()?;
        Ok(Self { private_pem, public_pem })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

fn fingerprint(pem: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, pem.as_bytes()).as_ref());
    bytes
}

/// Label and content of the first block whose label ends as wanted. Line breaks are not looked at: other servers send them
/// escaped, doubled or not at all.
fn decode_pem(pem: &str, wanted: &str) -> Result<(String, Vec<u8>), KeyError> {
    let (_, rest) = pem.split_once("-----BEGIN ").ok_or(KeyError::Form)?;
    let (label, rest) = rest.split_once("-----").ok_or(KeyError::Form)?;
    let (body, _) = rest.split_once("-----END ").ok_or(KeyError::Form)?;
    if !label.ends_with(wanted) || body.len() > 16 * 1024 {
        return Err(KeyError::Form);
    }
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let der = LENIENT.decode(body).map_err(|_| KeyError::Form)?;
    Ok((label.to_owned(), der))
}

fn encode_pem(label: &str, der: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (position, c) in body.chars().enumerate() {
        if position > 0 && position % 64 == 0 {
            pem.push('\n');
        }
        pem.push(c);
    }
    pem.push_str(&format!("\n-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    use super::{KeyError, NewKey, PrivateKey, PublicKey};

    /// Key pair of an account that Mastodon 4.6.5 made, from a server that existed only for recording.
    const RECORDED: (&str, &str) = (include_str!("keys/recorded_private.pem"), include_str!("keys/recorded_public.pem"));

    #[test]
    fn a_key_pair_that_mastodon_stored_signs_and_verifies() {
        let private = PrivateKey::from_pem(RECORDED.0).unwrap();
        let public = PublicKey::from_pem(RECORDED.1).unwrap();
        let signature = private.sign(b"message").unwrap();
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"another", &signature));
        assert_eq!(private.public_pem().unwrap().trim(), RECORDED.1.trim());
    }

    #[test]
    fn a_new_key_has_the_forms_that_mastodon_stores() {
        let key = NewKey::generate().unwrap();
        assert!(key.private_pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
        assert!(key.public_pem.starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"));
        assert!(key.public_pem.ends_with("\n-----END PUBLIC KEY-----\n"));
        let signature = PrivateKey::from_pem(&key.private_pem).unwrap().sign(b"message").unwrap();
        assert!(PublicKey::from_pem(&key.public_pem).unwrap().verifies(b"message", &signature));
    }

    #[test]
    fn line_breaks_of_a_pem_do_not_matter() {
        let one_line = RECORDED.1.replace('\n', "");
        let windows = RECORDED.1.replace('\n', "\r\n");
        assert!(PublicKey::from_pem(&one_line).is_ok() && PublicKey::from_pem(&windows).is_ok());
    }

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        assert_eq!(PublicKey::from_pem("").unwrap_err(), KeyError::Form);
        assert_eq!(PublicKey::from_pem(RECORDED.0).unwrap_err(), KeyError::Form);
        let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert_eq!(PublicKey::from_pem(ed25519).unwrap_err(), KeyError::Refused);
    }
}
