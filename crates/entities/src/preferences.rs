//! What a user chose, in the words of clients.

use db::users::UserRow;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct Preferences {
    #[serde(rename = "posting:default:visibility")]
    pub default_visibility: String,
    #[serde(rename = "posting:default:sensitive")]
    pub default_sensitive: bool,
    #[serde(rename = "posting:default:language")]
    pub default_language: Option<String>,
    #[serde(rename = "posting:default:quote_policy")]
    pub default_quote_policy: String,
    #[serde(rename = "reading:expand:media")]
    pub expand_media: String,
    #[serde(rename = "reading:expand:spoilers")]
    pub expand_spoilers: bool,
    #[serde(rename = "reading:autoplay:gifs")]
    pub autoplay_gifs: bool,
}

impl Preferences {
    /// `locked`: whether the account approves followers itself. `default_locale` is the server's.
    #[must_use]
    pub fn new(user: &UserRow, locked: bool, default_locale: &str) -> Self {
        let settings = user.settings();
        let candidates = [settings.default_language(), user.locale.as_deref(), Some(default_locale)];
        Self {
            default_visibility: settings.default_privacy(locked).to_owned(),
            default_sensitive: settings.default_sensitive(),
            default_language: text::language::first_supported(candidates).map(str::to_owned),
            default_quote_policy: settings.default_quote_policy().to_owned(),
            expand_media: settings.display_media().to_owned(),
            expand_spoilers: settings.expands_content_warnings(),
            autoplay_gifs: settings.plays_animations(),
        }
    }
}
