//! Rails' signed and encrypted cookies, read and written so that a browser stays signed in when the server behind it changes.

use std::num::NonZeroU32;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hmac, pbkdf2, rand};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderMap, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

const COOKIE_SAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
const NONCE: usize = 12;
const TAG: usize = 16;

/// The keys that `SECRET_KEY_BASE` gives; deriving them takes a few milliseconds, so it is done once.
pub struct CookieKeys {
    signing: hmac::Key,
    sealing: LessSafeKey,
}

impl CookieKeys {
    /// # Errors
    /// The cryptographic library refuses the key, which it never does for 32 bytes.
    pub fn derive(key_base: &str) -> anyhow::Result<Self> {
        let signing = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &derive::<64>(key_base, b"signed cookie"));
        let sealing = UnboundKey::new(&AES_256_GCM, &derive::<32>(key_base, b"authenticated encrypted cookie"))
            .map_err(|_| anyhow::anyhow!("no key can be made from SECRET_KEY_BASE"))?;
        Ok(Self { signing, sealing: LessSafeKey::new(sealing) })
    }

    /// The value of a signed cookie as it was put in, if signature, purpose and expiry are right.
    #[must_use]
    pub fn verify(&self, name: &str, cookie: &str, now: DateTime<Utc>) -> Option<Value> {
        let (data, digest) = cookie.rsplit_once("--")?;
        hmac::verify(&self.signing, data.as_bytes(), &hex::decode(digest).ok()?).ok()?;
        unwrap_envelope(&STANDARD.decode(data).ok()?, name, now)
    }

    /// A signed cookie's text, not yet escaped for the header.
    #[must_use]
    pub fn sign(&self, name: &str, value: &Value, expires: Option<DateTime<Utc>>) -> String {
        let data = STANDARD.encode(envelope(name, value, expires));
        let digest = hex::encode(hmac::sign(&self.signing, data.as_bytes()));
        format!("{data}--{digest}")
    }

    /// The value of an encrypted cookie, if it is ours.
    #[must_use]
    pub fn open(&self, name: &str, cookie: &str, now: DateTime<Utc>) -> Option<Value> {
        let mut parts = cookie.splitn(3, "--");
        let mut part = || STANDARD.decode(parts.next()?).ok();
        let (mut data, nonce, tag) = (part()?, part()?, part()?);
        if tag.len() != TAG {
            return None;
        }
        data.extend_from_slice(&tag);
        let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
        let plain = self.sealing.open_in_place(nonce, Aad::empty(), &mut data).ok()?;
        unwrap_envelope(plain, name, now)
    }

    /// An encrypted cookie's text, not yet escaped for the header.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn seal(&self, name: &str, value: &Value) -> anyhow::Result<String> {
        let mut nonce = [0; NONCE];
        rand::fill(&mut nonce).map_err(|_| anyhow::anyhow!("no random bytes"))?;
        let mut data = envelope(name, value, None).into_bytes();
        let tag = self
            .sealing
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut data)
            .map_err(|_| anyhow::anyhow!("a cookie could not be encrypted"))?;
        Ok(format!("{}--{}--{}", STANDARD.encode(&data), STANDARD.encode(nonce), STANDARD.encode(tag.as_ref())))
    }
}

fn derive<const N: usize>(key_base: &str, salt: &[u8]) -> [u8; N] {
    let mut key = [0; N];
    let rounds = NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, key_base.as_bytes(), &mut key);
    key
}

fn envelope(name: &str, value: &Value, expires: Option<DateTime<Utc>>) -> String {
    let message = STANDARD.encode(value.to_string());
    let expires = expires.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true));
    json!({ "_rails": { "message": message, "exp": expires, "pur": format!("cookie.{name}") } }).to_string()
}

fn unwrap_envelope(bytes: &[u8], name: &str, now: DateTime<Utc>) -> Option<Value> {
    let outer: Value = serde_json::from_slice(bytes).ok()?;
    let rails = outer.get("_rails")?;
    if rails.get("pur")?.as_str()? != format!("cookie.{name}") {
        return None;
    }
    if let Some(expires) = rails.get("exp").and_then(Value::as_str)
        && DateTime::parse_from_rfc3339(expires).ok()? <= now
    {
        return None;
    }
    serde_json::from_slice(&STANDARD.decode(rails.get("message")?.as_str()?).ok()?).ok()
}

/// The unescaped text of a cookie that the browser sent.
#[must_use]
pub(crate) fn get(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned))
}

/// A `Set-Cookie` line: for the whole host, out of reach of scripts, not sent along by other sites' forms.
#[must_use]
pub(crate) fn set(name: &str, value: &str, secure: bool, expires: Option<DateTime<Utc>>) -> String {
    let value = utf8_percent_encode(value, COOKIE_SAFE);
    let expires = expires.map(|time| format!("; expires={}", time.format("%a, %d %b %Y %H:%M:%S GMT"))).unwrap_or_default();
    let secure = if secure { "; secure" } else { "" };
    format!("{name}={value}; path=/{expires}{secure}; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::CookieKeys;

    // Written by Mastodon 4.6.5 for the recorded server social.example, whose keys protect nothing.
    const KEY_BASE: &str = "2dcbdffb75906bc49c233f3b9d9e4d898bf12e6db46d0b0db620d6605957eab3f15ea8176e23fad92bd6bce8e4e235a00dc67158034638cfe9689b78526c2c13";
    const SIGNED: &str = "eyJfcmFpbHMiOnsibWVzc2FnZSI6IkltWXlORGxtTlRnellXUTFabVF5WVRNNU9UYzJOVE0wTTJNMk9EVmtZalkwSWc9PSIsImV4cCI6IjIwMjctMTEtMjVUMDE6MDc6MjAuMTE2WiIsInB1ciI6ImNvb2tpZS5fc2Vzc2lvbl9pZCJ9fQ==--d98b4072cb11e4466c268b341e5ab2a2c38cf250";
    const SEALED: &str = "APYW6vff7Xngn0WtlrnirKyaJEPBvKTz6NVuLoZ+hlvA1jmDl1vwhtdPY4H2LKL1LBsF6C8hLEEtbsGXSIXom5jWcpP7TypCSPLzHGlBzNJLP8O4oO+S9gfJhGD81ZeN4HmkkR2xQjFlAwV03uYrIuD9UKjUmiixtE6wC3RrcsPudvz5MlmkSZqvPmpTfLDn/hGAP+yBvAjw4YLSSSvFZUwUW2x8bcYwXsXIfUzjza447t38papi8QJ1Oi8IIOhWruELlNIRyoSUetitto4HvfQSIzjHlPPQ9TkOC5DZUwcuNO8/o4WMGiEzzPM64dMZ/S+d7BFEvpirctt3APZeHPwfAEY+Z6j2b0C0K+F59+ZxXtsw7gpx5Qrj5VYcE9zHCykDmE9QUYHt5RgYFA==--edhI5zOK4P4BoVOJ--bMEL+otZoOhs1mRun8nOfA==";

    fn now() -> DateTime<chrono::Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    #[test]
    fn a_session_that_mastodon_signed_is_read() {
        let keys = CookieKeys::derive(KEY_BASE).unwrap();
        assert_eq!(keys.verify("_session_id", SIGNED, now()), Some(json!("f249f583ad5fd2a399765343c685db64")));
        assert_eq!(keys.verify("_session_id", &SIGNED.replace("--d9", "--d8"), now()), None);
        assert_eq!(keys.verify("_other", SIGNED, now()), None);
        assert_eq!(keys.verify("_session_id", SIGNED, DateTime::from_timestamp(1_900_000_000, 0).unwrap()), None);
    }

    #[test]
    fn a_cookie_that_mastodon_encrypted_is_read() {
        let keys = CookieKeys::derive(KEY_BASE).unwrap();
        let session = keys.open("_mastodon_session", SEALED, now()).unwrap();
        assert_eq!(session["session_id"], "f3660aa49fa4c380bff8c31c55c2a85c");
        assert_eq!(session["_csrf_token"], "VFDzdSdc5eYstz0Hnd8Ud_-1c3OJeqxJUXQ1OWcfiiM");
    }

    #[test]
    fn signing_gives_mastodons_own_bytes() {
        let keys = CookieKeys::derive(KEY_BASE).unwrap();
        let expires = DateTime::parse_from_rfc3339("2027-11-25T01:07:20.116Z").unwrap().to_utc();
        assert_eq!(keys.sign("_session_id", &json!("f249f583ad5fd2a399765343c685db64"), Some(expires)), SIGNED);
        let sealed = keys.seal("_mastodon_session", &json!({"a": 1})).unwrap();
        assert_eq!(keys.open("_mastodon_session", &sealed, now()), Some(json!({"a": 1})));
    }
}
