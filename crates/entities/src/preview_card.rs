//! Previews of links.

use std::collections::HashMap;

use db::AccountId;
use db::preview_cards::PreviewCardRow;
use media::paths::{Attachment, cached};
use serde::Serialize;

use crate::timestamp::Millis;
use crate::{Account, Shared, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct PreviewCard {
    pub url: String,
    pub title: String,
    pub description: String,
    pub language: Option<String>,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub author_name: String,
    pub author_url: String,
    pub provider_name: String,
    pub provider_url: String,
    /// An embed of the other site, cleaned.
    pub html: String,
    pub width: i32,
    pub height: i32,
    pub image: Option<String>,
    pub image_description: String,
    pub embed_url: String,
    pub blurhash: Option<String>,
    pub published_at: Option<Millis>,
    /// Whether the viewer wrote the page and may confirm it; only if somebody is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_attribution: Option<bool>,
    pub authors: Vec<PreviewCardAuthor>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PreviewCardAuthor {
    pub name: String,
    pub url: String,
    pub account: Option<Shared<Account>>,
}

impl PreviewCard {
    pub(crate) fn new(
        row: &PreviewCardRow,
        viewer: Option<AccountId>,
        urls: &Urls,
        accounts: &HashMap<AccountId, Shared<Account>>,
    ) -> Self {
        let image = row.image_file_name.as_deref().filter(|name| !name.is_empty());
        let kept = cached(row.image_storage_schema_version, true);
        Self {
            url: row.original_url.clone().filter(|url| !url.is_empty()).unwrap_or_else(|| row.url.clone()),
            title: row.title.clone(),
            description: row.description.clone(),
            language: row.language.clone(),
            kind: kind_name(row.kind),
            author_name: row.author_name.clone(),
            author_url: row.author_url.clone(),
            provider_name: row.provider_name.clone(),
            provider_url: row.provider_url.clone(),
            html: if row.html.is_empty() { String::new() } else { text::sanitize::oembed_html(&row.html) },
            width: row.width,
            height: row.height,
            image: image.map(|name| urls.file(Attachment::PreviewCardImage, row.id, "original", name, kept)),
            image_description: row.image_description.clone(),
            embed_url: row.embed_url.clone(),
            blurhash: row.blurhash.clone(),
            published_at: row.published_at.map(Millis),
            missing_attribution: viewer.map(|viewer| row.unverified_author_account_id == Some(viewer)),
            authors: authors(row, accounts),
        }
    }
}

fn authors(row: &PreviewCardRow, accounts: &HashMap<AccountId, Shared<Account>>) -> Vec<PreviewCardAuthor> {
    if row.author_name.is_empty() && row.author_url.is_empty() && row.author_account_id.is_none() {
        return Vec::new();
    }
    vec![PreviewCardAuthor {
        name: row.author_name.clone(),
        url: row.author_url.clone(),
        account: row.author_account_id.and_then(|id| accounts.get(&id).cloned()),
    }]
}

fn kind_name(value: i32) -> &'static str {
    match value {
        1 => "photo",
        2 => "video",
        3 => "rich",
        _ => "link",
    }
}
