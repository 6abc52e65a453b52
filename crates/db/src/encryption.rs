//! Columns that Rails encrypts (`users.otp_secret`, `keypairs.private_key`): read what Mastodon wrote, write what it reads.
//! The form is Active Record Encryption's JSON, AES-256-GCM without associated data, longer texts deflated before.

use std::io::Read;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::EncryptionKeys;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use serde::{Deserialize, Serialize};

/// Rails' count for PBKDF2 in `ActiveSupport::KeyGenerator`.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(65_536).unwrap();
const TAG_LEN: usize = 16;
/// Rails deflates what is longer than this many bytes.
const COMPRESS_ABOVE: usize = 140;
/// Against values that would inflate without end; a secret or a key has a few thousand bytes.
const LARGEST: u64 = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    #[error("not in the form of an encrypted column")]
    Form,
    #[error("the keys of this server do not open it")]
    Key,
    #[error("the text could not be encrypted")]
    Seal,
}

/// Holds the keys derived from `ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY`. Make one for a process: deriving takes some 20 ms.
#[derive(Clone)]
pub struct Encryption {
    keys: EncryptionKeys,
    current: DerivedKey,
    /// With SHA-1, as Rails 7.0 derived; Mastodon still reads such values and never writes them.
    previous: DerivedKey,
}

type DerivedKey = Arc<OnceLock<[u8; 32]>>;

#[derive(Serialize, Deserialize)]
struct Envelope {
    p: String,
    h: Headers,
}

#[derive(Serialize, Deserialize)]
struct Headers {
    iv: String,
    at: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    c: bool,
}

impl Encryption {
    #[must_use]
    pub fn new(keys: EncryptionKeys) -> Self {
        Self { keys, current: DerivedKey::default(), previous: DerivedKey::default() }
    }

    /// # Errors
    /// The value has another form, or other keys made it.
    pub fn decrypt(&self, value: &str) -> Result<String, EncryptionError> {
        let envelope: Envelope = serde_json::from_str(value).map_err(|_| EncryptionError::Form)?;
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| EncryptionError::Form);
        let (mut sealed, iv, tag) = (decode(&envelope.p)?, decode(&envelope.h.iv)?, decode(&envelope.h.at)?);
        if tag.len() != TAG_LEN {
            return Err(EncryptionError::Form);
        }
        sealed.extend_from_slice(&tag);
        let plain = open(self.current(), &iv, &sealed).or_else(|_| open(self.previous(), &iv, &sealed))?;
        let plain = if envelope.h.c { inflate(&plain)? } else { plain };
        String::from_utf8(plain).map_err(|_| EncryptionError::Form)
    }

    /// Gives another value each time: the nonce is random.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn encrypt(&self, text: &str) -> Result<String, EncryptionError> {
        let compressed = text.len() > COMPRESS_ABOVE;
        let mut buffer = if compressed { deflate(text.as_bytes())? } else { text.as_bytes().to_owned() };
        let mut iv = [0_u8; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut iv).map_err(|_| EncryptionError::Seal)?;
        let tag = key(self.current())?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::empty(), &mut buffer)
            .map_err(|_| EncryptionError::Seal)?;
        let headers = Headers { iv: STANDARD.encode(iv), at: STANDARD.encode(tag.as_ref()), c: compressed };
        serde_json::to_string(&Envelope { p: STANDARD.encode(&buffer), h: headers }).map_err(|_| EncryptionError::Seal)
    }

    fn current(&self) -> &[u8; 32] {
        self.current.get_or_init(|| self.derive(pbkdf2::PBKDF2_HMAC_SHA256))
    }

    fn previous(&self) -> &[u8; 32] {
        self.previous.get_or_init(|| self.derive(pbkdf2::PBKDF2_HMAC_SHA1))
    }

    fn derive(&self, algorithm: pbkdf2::Algorithm) -> [u8; 32] {
        let mut key = [0_u8; 32];
        pbkdf2::derive(algorithm, ITERATIONS, self.keys.salt.as_bytes(), self.keys.primary.as_bytes(), &mut key);
        key
    }
}

fn key(bytes: &[u8; 32]) -> Result<LessSafeKey, EncryptionError> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| EncryptionError::Key)?))
}

fn open(bytes: &[u8; 32], iv: &[u8], sealed: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let nonce = Nonce::try_assume_unique_for_key(iv).map_err(|_| EncryptionError::Form)?;
    let mut buffer = sealed.to_owned();
    let plain = key(bytes)?.open_in_place(nonce, Aad::empty(), &mut buffer).map_err(|_| EncryptionError::Key)?;
    Ok(plain.to_owned())
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let mut plain = Vec::new();
    ZlibDecoder::new(bytes).take(LARGEST).read_to_end(&mut plain).map_err(|_| EncryptionError::Form)?;
    Ok(plain)
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let mut packed = Vec::new();
    ZlibEncoder::new(bytes, flate2::Compression::default()).read_to_end(&mut packed).map_err(|_| EncryptionError::Seal)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::{Encryption, EncryptionKeys};

    /// Keys and value of a Mastodon 4.6.5 that existed only for recording.
    fn recorded() -> Encryption {
        Encryption::new(EncryptionKeys {
            primary: "gybYMcF5JT3u+iFr+mNXoYJJWnHFHwhe".to_owned(),
            deterministic: "QdMjXkyqgYMA3V5J0m1p0ZU6PwDQLyqZ".to_owned(),
            salt: "+ZXFtzkDHbwtSXBo1irq5vBk/ZwHHYdW".to_owned(),
        })
    }

    #[test]
    fn a_secret_that_mastodon_wrote_is_read() {
        let value = r#"{"p":"WOvrRvwiu3n8COQjn2VbYWi9KfNV8/OeLX5NPvuFHl5lzz7MztOsty/58/n6FHEfhQQcgg==","h":{"iv":"EDe4IqiI3ifDt4DZ","at":"xvWHLPCNzcCkXodx9mBTMg==","e":"QVNDSUktOEJJVA=="}}"#;
        assert_eq!(recorded().decrypt(value).unwrap(), "S762INL54ZR3WTPN27WH53GRJW7F25ZYIEDYCLXN5UT47GXKWDQQ");
    }

    #[test]
    fn what_is_written_has_the_form_of_rails() {
        let encryption = recorded();
        let short = encryption.encrypt("JBSWY3DPEHPK3PXP").unwrap();
        assert!(short.starts_with(r#"{"p":""#) && short.contains(r#"","h":{"iv":""#) && !short.contains(r#""c":"#));
        assert_eq!(encryption.decrypt(&short).unwrap(), "JBSWY3DPEHPK3PXP");
        let long = encryption.encrypt(&"key ".repeat(50)).unwrap();
        assert!(long.ends_with(r#","c":true}}"#));
        assert_eq!(encryption.decrypt(&long).unwrap(), "key ".repeat(50));
    }

    #[test]
    fn a_value_of_another_server_or_form_is_refused() {
        let other =
            Encryption::new(EncryptionKeys { primary: "p".repeat(32), deterministic: "d".repeat(32), salt: "s".repeat(32) });
        assert!(other.decrypt(&recorded().encrypt("text").unwrap()).is_err());
        assert!(recorded().decrypt("JBSWY3DPEHPK3PXP").is_err());
        assert!(recorded().decrypt(r#"{"p":"","h":{"iv":"AA==","at":"AA=="}}"#).is_err());
    }
}
