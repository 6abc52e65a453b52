//! The link by which a push service that no longer knows a browser ends its subscription: Rails' `generates_token_for`.

use std::num::NonZeroU32;

use aws_lc_rs::{hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

const SALT: &[u8] = b"active_record/token_for";
const PURPOSE: &str = "Web::PushSubscription\nunsubscribe\n172800";
const VALID: TimeDelta = TimeDelta::hours(48);

/// The key that `SECRET_KEY_BASE` gives; deriving it takes a few milliseconds, so it is done once.
pub struct Unsubscribe(hmac::Key);

impl Unsubscribe {
    #[must_use]
    pub fn derive(key_base: &str) -> Self {
        let mut key = [0; 64];
        let rounds = NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, SALT, key_base.as_bytes(), &mut key);
        Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key))
    }

    /// Valid for two days.
    #[must_use]
    pub fn token(&self, subscription_id: i64, now: DateTime<Utc>) -> String {
        let expires = (now + VALID).to_rfc3339_opts(SecondsFormat::Millis, true);
        let data = json!({ "_rails": { "data": [subscription_id], "exp": expires, "pur": PURPOSE } });
        let data = STANDARD.encode(data.to_string());
        format!("{data}--{}", hex::encode(hmac::sign(&self.0, data.as_bytes())))
    }

    /// The subscription's id, if the token is ours and not too old.
    #[must_use]
    pub fn subscription_id(&self, token: &str, now: DateTime<Utc>) -> Option<i64> {
        let (data, digest) = token.rsplit_once("--")?;
        hmac::verify(&self.0, data.as_bytes(), &hex::decode(digest).ok()?).ok()?;
        let data: Value = serde_json::from_slice(&STANDARD.decode(data).ok()?).ok()?;
        let rails = data.get("_rails")?;
        let expires = DateTime::parse_from_rfc3339(rails.get("exp")?.as_str()?).ok()?;
        if rails.get("pur")?.as_str()? != PURPOSE || expires <= now {
            return None;
        }
        rails.get("data")?.get(0)?.as_i64()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::Unsubscribe;

    // From golden/push/golden.json; the keys of that server protect nothing.
    const KEY_BASE: &str = "2dcbdffb75906bc49c233f3b9d9e4d898bf12e6db46d0b0db620d6605957eab3f15ea8176e23fad92bd6bce8e4e235a00dc67158034638cfe9689b78526c2c13";
    const TOKEN: &str = "eyJfcmFpbHMiOnsiZGF0YSI6WzFdLCJleHAiOiIyMDI2LTExLTI3VDAyOjU1OjQzLjk4N1oiLCJwdXIiOiJXZWI6OlB1c2hTdWJzY3JpcHRpb25cbnVuc3Vic2NyaWJlXG4xNzI4MDAifX0=--df8d0a1232a0bfe8a6d5e2badd0131afee02b197";

    #[test]
    fn links_are_mastodons_own() {
        let key = Unsubscribe::derive(KEY_BASE);
        let sent = DateTime::parse_from_rfc3339("2026-11-25T02:55:43.987Z").unwrap().to_utc();
        assert_eq!(key.token(1, sent), TOKEN);
        assert_eq!(key.subscription_id(TOKEN, sent), Some(1));
        assert_eq!(key.subscription_id(TOKEN, sent + TimeDelta::hours(48)), None);
        assert_eq!(key.subscription_id(&TOKEN.replace("--d", "--e"), sent), None);
        assert_eq!(key.subscription_id("unknown-token", sent), None);
        assert_eq!(Unsubscribe::derive("another").subscription_id(TOKEN, sent), None);
    }
}
