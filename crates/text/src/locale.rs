//! The languages that Mastodon's interface speaks.

/// Mastodon 4.6's `available_locales`.
pub const AVAILABLE: &[&str] = &[
    "af", "an", "ar", "ast", "be", "bg", "bn", "br", "bs", "ca", "ckb", "co", "cs", "cy", "da", "de", "el", "en", "en-GB", "eo",
    "es", "es-AR", "es-MX", "et", "eu", "fa", "fi", "fo", "fr", "fr-CA", "fy", "ga", "gd", "gl", "he", "hi", "hr", "hu", "hy",
    "ia", "id", "ie", "ig", "io", "is", "it", "ja", "ka", "kab", "kk", "kn", "ko", "ku", "kw", "la", "lt", "lv", "mk", "ml",
    "mr", "ms", "my", "nan-TW", "nl", "nn", "no", "oc", "pa", "pl", "pt-BR", "pt-PT", "ro", "ru", "sa", "sc", "sco", "si", "sk",
    "sl", "sq", "sr", "sr-Latn", "sv", "szl", "ta", "te", "th", "tr", "tt", "ug", "uk", "ur", "vi", "zgh", "zh-CN", "zh-HK",
    "zh-TW",
];

/// Whether the interface speaks this language in any region; a language with a region is none.
#[must_use]
pub fn speaks(language: &str) -> bool {
    !language.is_empty() && AVAILABLE.iter().any(|locale| locale.split('-').next() == Some(language))
}

#[cfg(test)]
mod tests {
    use super::speaks;

    #[test]
    fn a_language_counts_without_its_region() {
        assert!(speaks("de") && speaks("pt") && speaks("zh") && speaks("ckb"));
        assert!(!speaks("pt-BR") && !speaks("tlh") && !speaks(""));
    }
}
