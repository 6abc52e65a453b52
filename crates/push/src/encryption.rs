//! Encryption for one browser: `aes128gcm` (RFC 8188, 8291), and `aesgcm` of the drafts before them, which Mastodon uses unless a
//! subscription says `standard`.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::decode;

/// A point on P-256, uncompressed.
const POINT: usize = 65;
const SALT: usize = 16;
/// The whole message is one record of this size at most, as push services take it.
const RECORD: u32 = 4096;
/// Longest plain text, in bytes, that both codings carry to any push service: 4096 less header, padding and tag.
pub const MAX_MESSAGE: usize = 3_993;

/// How a message is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Aes128Gcm,
    AesGcm,
}

/// The keys that a browser gave.
#[derive(Debug, Clone)]
pub struct Recipient {
    key: [u8; POINT],
    secret: Vec<u8>,
}

/// A message, and what its request has to say about it.
#[derive(Debug, Clone)]
pub struct Encrypted {
    pub body: Vec<u8>,
    /// `Content-Encoding`
    pub coding: Coding,
    /// Of `aesgcm` only: the value of `Encryption`, and the first part of `Crypto-Key`.
    pub legacy: Option<LegacyHeaders>,
}

#[derive(Debug, Clone)]
pub struct LegacyHeaders {
    pub encryption: String,
    pub crypto_key: String,
}

impl Coding {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "aes128gcm",
            Self::AesGcm => "aesgcm",
        }
    }
}

impl Recipient {
    /// `p256dh` and `auth` of a subscription. `None`: nothing can be encrypted for them.
    #[must_use]
    pub fn parse(p256dh: &str, auth: &str) -> Option<Self> {
        let key: [u8; POINT] = decode(p256dh)?.try_into().ok()?;
        let secret = decode(auth).filter(|secret| !secret.is_empty())?;
        let recipient = Self { key, secret };
        // Only trying tells whether the point is on the curve.
        recipient.shared_secret(&PrivateKey::generate(&ECDH_P256).ok()?)?;
        Some(recipient)
    }

    /// Encrypts with a fresh key and salt. `None`: the system has no random bytes, or the message is longer than [`MAX_MESSAGE`].
    #[must_use]
    pub fn encrypt(&self, message: &[u8], coding: Coding) -> Option<Encrypted> {
        let mut salt = [0; SALT];
        rand::fill(&mut salt).ok()?;
        self.encrypt_with(message, coding, salt, &PrivateKey::generate(&ECDH_P256).ok()?)
    }

    fn encrypt_with(&self, message: &[u8], coding: Coding, salt: [u8; SALT], own: &PrivateKey) -> Option<Encrypted> {
        if message.len() > MAX_MESSAGE {
            return None;
        }
        let public = own.compute_public_key().ok()?;
        let shared = self.shared_secret(own)?;
        match coding {
            Coding::Aes128Gcm => self.aes128gcm(message, &salt, public.as_ref(), &shared),
            Coding::AesGcm => self.aesgcm(message, &salt, public.as_ref(), &shared),
        }
    }

    fn shared_secret(&self, own: &PrivateKey) -> Option<Vec<u8>> {
        agree(own, UnparsedPublicKey::new(&ECDH_P256, &self.key), (), |secret| Ok(secret.to_vec())).ok()
    }

    /// RFC 8291, section 3.4; the header is that of RFC 8188, section 2.1.
    fn aes128gcm(&self, message: &[u8], salt: &[u8], public: &[u8], shared: &[u8]) -> Option<Encrypted> {
        let input = hkdf(&self.secret, shared, &[b"WebPush: info\0", &self.key, public]);
        let key = hkdf(salt, &input, &[b"Content-Encoding: aes128gcm\0"]);
        let nonce = hkdf(salt, &input, &[b"Content-Encoding: nonce\0"]);
        // The only record is the last: its delimiter is 2.
        let sealed = seal(&key, &nonce, [message, &[2]].concat())?;
        let length = [u8::try_from(public.len()).ok()?];
        let body = [salt, &RECORD.to_be_bytes(), &length, public, &sealed].concat();
        Some(Encrypted { body, coding: Coding::Aes128Gcm, legacy: None })
    }

    /// draft-ietf-webpush-encryption-04 on draft-ietf-httpbis-encryption-encoding-03: salt and key travel in headers, padding is in front.
    fn aesgcm(&self, message: &[u8], salt: &[u8], public: &[u8], shared: &[u8]) -> Option<Encrypted> {
        let input = hkdf(&self.secret, shared, &[b"Content-Encoding: auth\0"]);
        let length = |key: &[u8]| u16::try_from(key.len()).map(u16::to_be_bytes).ok();
        let context = [b"P-256\0".as_slice(), &length(&self.key)?, &self.key, &length(public)?, public].concat();
        let key = hkdf(salt, &input, &[b"Content-Encoding: aesgcm\0", &context]);
        let nonce = hkdf(salt, &input, &[b"Content-Encoding: nonce\0", &context]);
        let body = seal(&key, &nonce, [&[0, 0], message].concat())?;
        let legacy = LegacyHeaders {
            encryption: format!("salt={}", URL_SAFE_NO_PAD.encode(salt)),
            crypto_key: format!("dh={}", URL_SAFE_NO_PAD.encode(public)),
        };
        Some(Encrypted { body, coding: Coding::AesGcm, legacy: Some(legacy) })
    }
}

/// RFC 5869 with SHA-256, as far as its first block goes: nothing here needs more.
fn hkdf(salt: &[u8], input: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let extracted = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), input);
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, extracted.as_ref()));
    for part in info {
        context.update(part);
    }
    context.update(&[1]);
    let mut block = [0; 32];
    block.copy_from_slice(context.sign().as_ref());
    block
}

/// Takes as much of key and nonce as the cipher wants.
fn seal(key: &[u8; 32], nonce: &[u8; 32], mut text: Vec<u8>) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.get(..16)?).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.get(..12)?).ok()?;
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{Coding, MAX_MESSAGE, Recipient};
    use crate::decode;

    fn private(text: &str) -> PrivateKey {
        PrivateKey::from_private_key(&ECDH_P256, &decode(text).unwrap()).unwrap()
    }

    // RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_rfc_8291_comes_out_to_the_letter() {
        let recipient = Recipient::parse(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .unwrap();
        let salt = decode("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let own = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let message = b"When I grow up, I want to be a watermelon";
        let encrypted = recipient.encrypt_with(message, Coding::Aes128Gcm, salt, &own).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(encrypted.body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    // draft-ietf-webpush-encryption-04, section 5.
    #[test]
    fn the_example_of_the_older_draft_comes_out_to_the_letter() {
        let recipient = Recipient::parse(
            "BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU",
            "R29vIGdvbyBnJyBqb29iIQ",
        )
        .unwrap();
        let salt = decode("lngarbyKfMoi9Z75xYXmkg").unwrap().try_into().unwrap();
        let own = private("nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY");
        let message = b"I am the walrus";
        let encrypted = recipient.encrypt_with(message, Coding::AesGcm, salt, &own).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(encrypted.body), "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA");
        let headers = encrypted.legacy.unwrap();
        assert_eq!(headers.encryption, "salt=lngarbyKfMoi9Z75xYXmkg");
        assert_eq!(
            headers.crypto_key,
            "dh=BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU"
        );
    }

    #[test]
    fn keys_for_which_nothing_can_be_encrypted_are_refused() {
        let good = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM";
        assert!(Recipient::parse(good, "tBHItJI5svbpez7KI4CCXg==").is_some());
        assert!(Recipient::parse(good, "").is_none());
        assert!(Recipient::parse("short", "x").is_none());
        assert!(Recipient::parse("", "tBHItJI5svbpez7KI4CCXg").is_none());
        let mut off_the_curve = decode(good).unwrap();
        off_the_curve[64] ^= 1;
        assert!(Recipient::parse(&URL_SAFE_NO_PAD.encode(off_the_curve), "tBHItJI5svbpez7KI4CCXg").is_none());
    }

    #[test]
    fn each_message_has_a_key_of_its_own_and_none_is_too_long_for_a_push_service() {
        let key = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM";
        let recipient = Recipient::parse(key, "tBHItJI5svbpez7KI4CCXg").unwrap();
        for coding in [Coding::Aes128Gcm, Coding::AesGcm] {
            let longest = recipient.encrypt(&[b'x'; MAX_MESSAGE], coding).unwrap();
            assert!(longest.body.len() <= 4096, "{}", longest.body.len());
            assert_ne!(recipient.encrypt(&[b'x'; MAX_MESSAGE], coding).unwrap().body, longest.body);
            assert!(recipient.encrypt(&[b'x'; MAX_MESSAGE + 1], coding).is_none());
        }
        // Sizes of golden.json: 231 bytes of payload.
        assert_eq!(recipient.encrypt(&[b'x'; 231], Coding::Aes128Gcm).unwrap().body.len(), 334);
        assert_eq!(recipient.encrypt(&[b'x'; 231], Coding::AesGcm).unwrap().body.len(), 249);
    }
}
