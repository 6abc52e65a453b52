//! What a local status is made of: the parts that writing and editing one have in common.

pub(crate) mod attachments;
pub mod hashtags;
pub(crate) mod idempotency;
pub mod mentions;
pub mod polls;
pub(crate) mod quotes;

use crate::error::{Error, Result};

/// Counted as Mastodon counts: links as 23, mentions without their domain, warning and text together.
pub const MAX_CHARS: usize = 500;

/// # Errors
/// The text is missing where something is needed, or too long.
pub(crate) fn check_text(text: &str, spoiler_text: &str, may_be_blank: bool) -> Result<()> {
    if text::format::is_blank(text) && !may_be_blank {
        return Err(Error::invalid("Text can't be blank"));
    }
    if text::length::of_status(spoiler_text, text) > MAX_CHARS {
        return Err(Error::invalid(format!("Text character limit of {MAX_CHARS} exceeded")));
    }
    Ok(())
}

/// What a person wrote as it is stored: Mastodon strips the white space around it (recorded: status_html/5).
pub(crate) fn stripped(text: &str) -> String {
    without_nul(text).trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}').to_owned()
}

/// PostgreSQL keeps no NUL, and nobody can see one.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
