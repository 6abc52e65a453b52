//! Rails' protection against forged forms: a secret in the session, shown in each form under a fresh mask.

use aws_lc_rs::{constant_time, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::request::Parts;
use http::{HeaderMap, header};

use crate::app::App;
use crate::session;

const LENGTH: usize = 32;
/// What Rails signs to get the token that counts for every form.
const GLOBAL: &str = "!real_csrf_token";

/// A fresh secret for a session, in the form in which it stands there.
///
/// # Errors
/// The system has no random bytes.
pub(crate) fn new_secret() -> anyhow::Result<String> {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The token for one form: `method` in lower case, `action` without query.
///
/// # Errors
/// The system has no random bytes.
pub(crate) fn form_token(secret: &str, action: &str, method: &str) -> anyhow::Result<String> {
    let secret = decode(secret).ok_or_else(|| anyhow::anyhow!("the session's CSRF secret is broken"))?;
    mask(&derived(&secret, &format!("{action}#{method}")))
}

/// The token for scripts and for the page's `<meta>`.
///
/// # Errors
/// The system has no random bytes.
pub(crate) fn global_token(secret: &str) -> anyhow::Result<String> {
    let secret = decode(secret).ok_or_else(|| anyhow::anyhow!("the session's CSRF secret is broken"))?;
    mask(&derived(&secret, GLOBAL))
}

/// Whether a form's token belongs to this secret and, if it is a form's own, to this form.
pub(crate) fn is_valid(secret: &str, token: &str, action: &str, method: &str) -> bool {
    let (Some(secret), Some(token)) = (decode(secret), decode(token)) else {
        return false;
    };
    let Some(plain) = unmask(&token) else {
        return false;
    };
    let action = action.trim_end_matches('/');
    [secret.clone(), derived(&secret, GLOBAL), derived(&secret, &format!("{action}#{method}"))]
        .iter()
        .fold(false, |found, candidate| found | constant_time::verify_slices_are_equal(candidate, &plain).is_ok())
}

/// For scripts of our own pages: the header `X-CSRF-Token` against the secret of the session cookie.
pub(crate) fn header_is_valid(app: &App, parts: &Parts) -> bool {
    let Some(token) = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let method = parts.method.as_str().to_ascii_lowercase();
    origin_is_ours(app, &parts.headers)
        && session::secret(app, &parts.headers).is_some_and(|secret| is_valid(&secret, token, parts.uri.path(), &method))
}

/// A browser names where a form came from; another site's name, or `null`, is refused.
pub(crate) fn origin_is_ours(app: &App, headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_none_or(|origin| origin.as_bytes() == app.config.federation.base_url().as_bytes())
}

fn derived(secret: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes()).as_ref().to_vec()
}

/// One-time pad in front of the padded secret: the page compresses differently each time.
fn mask(plain: &[u8]) -> anyhow::Result<String> {
    let mut pad = vec![0; plain.len()];
    rand::fill(&mut pad).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    let hidden: Vec<u8> = pad.iter().zip(plain).map(|(pad, byte)| pad ^ byte).collect();
    pad.extend_from_slice(&hidden);
    Ok(URL_SAFE_NO_PAD.encode(pad))
}

fn unmask(token: &[u8]) -> Option<Vec<u8>> {
    match token.len() {
        LENGTH => Some(token.to_vec()),
        length if length == 2 * LENGTH => {
            let (pad, hidden) = token.split_at(LENGTH);
            Some(pad.iter().zip(hidden).map(|(pad, byte)| pad ^ byte).collect())
        }
        _ => None,
    }
}

/// Older pages carry the standard alphabet and padding.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).ok().or_else(|| STANDARD.decode(format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))).ok())
}

#[cfg(test)]
mod tests {
    use super::{form_token, global_token, is_valid, new_secret};

    #[test]
    fn a_form_token_counts_for_its_form_only() {
        let secret = new_secret().unwrap();
        let token = form_token(&secret, "/auth/sign_in", "post").unwrap();
        assert!(is_valid(&secret, &token, "/auth/sign_in", "post"));
        assert!(!is_valid(&secret, &token, "/oauth/authorize", "post"));
        assert!(!is_valid(&secret, &token, "/auth/sign_in", "delete"));
        assert!(!is_valid(&new_secret().unwrap(), &token, "/auth/sign_in", "post"));
    }

    #[test]
    fn the_global_token_counts_everywhere() {
        let secret = new_secret().unwrap();
        assert!(is_valid(&secret, &global_token(&secret).unwrap(), "/x", "put"));
        assert!(!is_valid(&secret, "", "/x", "put"));
    }
}
