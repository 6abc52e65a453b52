//! How the token in the link for a new password stands in the database: as Devise digests it, so that letters sent before a
//! move from or to Mastodon keep their worth.

use std::num::NonZeroU32;
use std::sync::LazyLock;

use aws_lc_rs::{hmac, pbkdf2};
use tokio::sync::Semaphore;

/// Rails' count in `ActiveSupport::KeyGenerator`.
const ROUNDS: NonZeroU32 = NonZeroU32::new(1 << 16).unwrap();
const SALT: &[u8] = b"Devise reset_password_token";
const KEY_LENGTH: usize = 64;

/// Deriving the key takes some 50 ms of a core.
static AT_WORK: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)));

/// `users.reset_password_token` for the token of a letter.
pub(super) async fn digest(secret_key_base: &str, token: &str) -> anyhow::Result<String> {
    let (secret, token) = (secret_key_base.to_owned(), token.to_owned());
    let _place = AT_WORK.acquire().await?;
    Ok(tokio::task::spawn_blocking(move || digest_now(&secret, &token)).await?)
}

fn digest_now(secret_key_base: &str, token: &str) -> String {
    let mut key = [0; KEY_LENGTH];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, SALT, secret_key_base.as_bytes(), &mut key);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    hex::encode(hmac::sign(&key, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::digest_now;

    // Made with Python's hashlib after Devise's `TokenGenerator`.
    #[test]
    fn a_token_is_digested_as_devise_does() {
        assert_eq!(
            digest_now("secret", "zJrFQkn8DWVnkJyyVdSm"),
            "d6d97ac677d49af78f0029683f83eec642c9b5f29a592d2e8adf2f2e38256e73"
        );
    }
}
