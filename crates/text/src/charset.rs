//! The character encoding of a fetched page.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// How far into a page its own word about its encoding is looked for.
const SNIFFED: usize = 4096;
/// Guessing needs more than a title to go by.
const ENOUGH_TO_GUESS: usize = 120;

/// The page as text. `header` is the charset that the server claimed.
///
/// What is valid UTF-8 is that. Otherwise the page's own word counts most, then the server's, then a guess if there is
/// enough text for one; what remains is read as Latin-1, so this never fails.
pub fn decode(bytes: &[u8], header: Option<&str>) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    let named = declared(bytes).or_else(|| header.and_then(|label| Encoding::for_label(label.trim().as_bytes())));
    match named.or_else(|| guessed(bytes)) {
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => encoding_rs::mem::decode_latin1(bytes).into_owned(),
    }
}

/// The encoding in `<meta charset=…>` or `<meta content="…; charset=…">`.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = encoding_rs::mem::decode_latin1(bytes.get(..SNIFFED).unwrap_or(bytes)).to_ascii_lowercase();
    start.split("<meta").skip(1).find_map(|tag| {
        let tag = tag.split('>').next()?;
        let value = tag.split_once("charset")?.1.trim_start().strip_prefix('=')?;
        let value = value.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        let end = value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '/')).unwrap_or(value.len());
        Encoding::for_label(value.get(..end)?.as_bytes())
    })
}

fn guessed(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.iter().filter(|byte| !byte.is_ascii()).count() < ENOUGH_TO_GUESS {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    Some(detector.guess(None, Utf8Detection::Deny))
}
