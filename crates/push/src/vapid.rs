//! RFC 8292: how a push service knows whose message it is.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::decode;

/// A day is the most that push services accept.
const VALID: TimeDelta = TimeDelta::hours(24);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("VAPID_PRIVATE_KEY and VAPID_PUBLIC_KEY are not the two halves of a P-256 key in URL-safe base64")]
pub struct InvalidVapidKey;

/// The server's key pair for push services.
pub struct VapidKey {
    pair: EcdsaKeyPair,
    public: String,
}

impl VapidKey {
    /// # Errors
    /// The two are no key pair.
    pub fn parse(private: &str, public: &str) -> Result<Self, InvalidVapidKey> {
        let public = decode(public).ok_or(InvalidVapidKey)?;
        let mut private = decode(private).ok_or(InvalidVapidKey)?;
        // Mastodon's task writes a number, without zeros in front.
        let missing = 32_usize.saturating_sub(private.len());
        private.splice(0..0, std::iter::repeat_n(0, missing));
        let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, &public)
            .map_err(|_| InvalidVapidKey)?;
        Ok(Self { pair, public: URL_SAFE_NO_PAD.encode(public) })
    }

    /// The public half as it stands in headers.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// A token for the push service at `origin`, signed as of `now`. `contact` is the operator's e-mail address. `None`: the system
    /// has no random bytes.
    #[must_use]
    pub fn token(&self, origin: &str, contact: &str, now: DateTime<Utc>) -> Option<String> {
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "aud": origin, "exp": (now + VALID).timestamp(), "sub": format!("mailto:{contact}") });
        let signed = format!("{}.{}", encode(json!({ "typ": "JWT", "alg": "ES256" })), encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use chrono::DateTime;
    use serde_json::{Value, json};

    use super::VapidKey;
    use crate::decode;

    // Of the recorded server social.example, whose keys protect nothing.
    const PRIVATE: &str = "PZHSClKgohKh5B7zR--sIbc4iAajq44eoON18AVc_mg=";
    const PUBLIC: &str = "BDwIH1ayd4ESBXVl8RKhBc3RwiQUaNEWWoeqMdAv6I18flPM3CHSQzybfxJwPi5LTK79HjyN0gyJbzyhW02IDQ4=";

    #[test]
    fn a_token_says_for_whom_how_long_and_by_whom_and_is_signed() {
        let key = VapidKey::parse(PRIVATE, PUBLIC).unwrap();
        let now = DateTime::from_timestamp(1_795_575_343, 0).unwrap();
        let token = key.token("https://push.example:8443", "admin@here.example", now).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let json = |text: &str| serde_json::from_slice::<Value>(&decode(text).unwrap()).unwrap();
        assert_eq!(json(parts[0]), json!({ "typ": "JWT", "alg": "ES256" }));
        assert_eq!(
            json(parts[1]),
            json!({ "aud": "https://push.example:8443", "exp": 1_795_661_743, "sub": "mailto:admin@here.example" })
        );
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(key.public()).unwrap());
        public.verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &decode(parts[2]).unwrap()).unwrap();
    }

    // RFC 8292, section 2.4.
    #[test]
    fn tokens_have_the_form_of_the_example_in_rfc_8292() {
        let token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
        let public = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(public).unwrap());
        key.verify(signed.as_bytes(), &decode(signature).unwrap()).unwrap();
        let own = VapidKey::parse(PRIVATE, PUBLIC).unwrap();
        let now = DateTime::from_timestamp(1_453_523_768 - 86_400, 0).unwrap();
        let ours = own.token("https://push.example.net", "push@example.com", now).unwrap();
        assert_eq!(ours.rsplit_once('.').unwrap().0, signed);
    }

    #[test]
    fn halves_of_different_keys_are_refused() {
        assert!(VapidKey::parse("X1IopwTcGEW4rbFkRBBs2YIiSJV3LDLop5IOitKmywI=", PUBLIC).is_err());
        assert!(VapidKey::parse("", PUBLIC).is_err());
        assert!(VapidKey::parse(PRIVATE, "no key").is_err());
    }
}
