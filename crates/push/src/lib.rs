//! Web Push as it is spelled: how a message to a browser is encrypted and signed. Pure functions; sending is the worker's.

mod encryption;
mod unsubscribe;
mod vapid;

pub use encryption::{Coding, Encrypted, LegacyHeaders, MAX_MESSAGE, Recipient};
pub use unsubscribe::Unsubscribe;
pub use vapid::{InvalidVapidKey, VapidKey};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Both alphabets, padded or not: browsers and Mastodon's tasks write different ones.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}
