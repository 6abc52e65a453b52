//! Custom emoji, and finding those that texts use.

use std::collections::{HashMap, HashSet};

use db::PgConnection;
use db::custom_emojis::{self, CustomEmojiRow};
use media::paths::{Attachment, cached};
use serde::Serialize;

use crate::Urls;

#[derive(Debug, Clone, Serialize)]
pub struct CustomEmoji {
    pub shortcode: String,
    pub url: String,
    pub static_url: String,
    pub visible_in_picker: bool,
    /// Only in the list for pickers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featured: Option<bool>,
}

impl CustomEmoji {
    #[must_use]
    pub fn new(row: &CustomEmojiRow, urls: &Urls) -> Self {
        let cached = cached(row.image_storage_schema_version, row.domain.is_some());
        let url = |style| {
            let name = row.image_file_name.as_deref().unwrap_or_default();
            urls.file(Attachment::CustomEmojiImage, row.id, style, name, cached)
        };
        Self {
            shortcode: row.shortcode.clone(),
            url: url("original"),
            static_url: url("static"),
            visible_in_picker: row.visible_in_picker,
            featured: row.category.as_ref().map(|_| row.featured_emoji_id == Some(row.id)),
            category: row.category.clone(),
        }
    }

    /// The local ones for pickers, with categories.
    ///
    /// # Errors
    /// The database failed.
    pub async fn listed(conn: &mut PgConnection, urls: &Urls) -> Result<Vec<Self>, sqlx::Error> {
        Ok(custom_emojis::listed(conn).await?.iter().map(|row| Self::new(row, urls)).collect())
    }
}

/// Shortcodes that were seen in texts, each with the domain whose emoji it would be (empty for local).
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pairs: HashSet<(String, String)>,
}

impl Wanted {
    pub(crate) fn add(&mut self, text: &str, domain: Option<&str>) {
        if text.contains(':') {
            for code in text::emoji::shortcodes(text) {
                self.pairs.insert((code.to_owned(), domain.unwrap_or_default().to_owned()));
            }
        }
    }

    pub(crate) async fn find(self, conn: &mut PgConnection, urls: &Urls) -> Result<Found, sqlx::Error> {
        if self.pairs.is_empty() {
            return Ok(Found::default());
        }
        let (shortcodes, domains): (Vec<_>, Vec<_>) = self.pairs.into_iter().unzip();
        let mut found = Found::default();
        for row in custom_emojis::find(conn, &shortcodes, &domains).await? {
            let domain = row.domain.clone().unwrap_or_default();
            found.by_domain.entry(domain).or_default().insert(row.shortcode.clone(), CustomEmoji::new(&row, urls));
        }
        Ok(found)
    }
}

/// Emoji by domain and shortcode.
#[derive(Debug, Default)]
pub(crate) struct Found {
    by_domain: HashMap<String, HashMap<String, CustomEmoji>>,
}

impl Found {
    /// Those in the texts, in the order of appearance, each once.
    pub(crate) fn in_texts<'t>(&self, texts: impl IntoIterator<Item = &'t str>, domain: Option<&str>) -> Vec<CustomEmoji> {
        let Some(known) = self.by_domain.get(domain.unwrap_or_default()) else { return Vec::new() };
        let mut seen = HashSet::new();
        texts
            .into_iter()
            .filter(|text| text.contains(':'))
            .flat_map(text::emoji::shortcodes)
            .filter(|code| seen.insert(*code))
            .filter_map(|code| known.get(code).cloned())
            .collect()
    }
}
