//! Character classes as Ruby's regular expressions see them in UTF-8 text.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::char::is_combining_mark;

static DECIMAL_DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").ok());

/// `[[:alpha:]]`: the Unicode property Alphabetic.
pub(crate) fn is_alpha(c: char) -> bool {
    c.is_alphabetic()
}

/// `[[:alnum:]]`: Alphabetic or a decimal digit; other numbers (`²`, `½`) are not.
pub(crate) fn is_alnum(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphabetic() || is_decimal_digit(c) }
}

/// `[[:word:]]`: letters, marks, decimal digits and connector punctuation.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        c.is_alphabetic() || is_combining_mark(c) || is_connector(c) || is_decimal_digit(c)
    }
}

/// `\s`, which knows ASCII only, unlike `[[:space:]]`.
pub(crate) fn is_ascii_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

fn is_connector(c: char) -> bool {
    matches!(c, '\u{203f}' | '\u{2040}' | '\u{2054}' | '\u{fe33}' | '\u{fe34}' | '\u{fe4d}'..='\u{fe4f}' | '\u{ff3f}')
}

fn is_decimal_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    c.is_numeric() && DECIMAL_DIGIT.as_ref().is_some_and(|class| class.is_match(c.encode_utf8(&mut [0; 4])))
}
