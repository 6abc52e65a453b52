//! Media of a post.

use serde_json::Value;

use super::value::{first, id, is_web_url, many, text, web_href};

const MAX_DESCRIPTION_CHARS: usize = 10_000;
const BASE83: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
/// Finer blurhashes are not believed.
const MAX_COMPONENTS: usize = 5;

/// An attachment as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a>(pub &'a Value);

impl<'a> Attachment<'a> {
    /// Where the file is, in the spelling that can be fetched.
    pub fn remote_url(self) -> Option<String> {
        web_href(self.0.get("url")).and_then(normal)
    }

    /// Where a preview picture is.
    pub fn thumbnail_remote_url(self) -> Option<String> {
        let icon = first(self.0.get("icon"))?;
        let url = match icon {
            Value::String(url) => Some(url.as_str()),
            _ => web_href(icon.get("url")).or_else(|| web_href(icon.get("href"))).or_else(|| id(Some(icon))),
        };
        url.filter(|url| is_web_url(url)).and_then(normal)
    }

    /// What the picture shows.
    pub fn description(self) -> Option<String> {
        let description = text(self.0.get("summary")).or_else(|| text(self.0.get("name")))?;
        Some(description.chars().take(MAX_DESCRIPTION_CHARS).collect())
    }

    /// The point to keep in view, each coordinate -1 to 1.
    pub fn focus(self) -> Option<(f64, f64)> {
        match many(self.0.get("focalPoint")) {
            [x, y] => Some((x.as_f64()?, y.as_f64()?)),
            _ => None,
        }
    }

    pub fn blurhash(self) -> Option<&'a str> {
        self.0.get("blurhash")?.as_str().filter(|hash| is_valid_blurhash(hash))
    }

    /// The type that the sender claims.
    pub fn content_type(self) -> Option<&'a str> {
        let own = self.0.get("mediaType").and_then(Value::as_str);
        own.or_else(|| first(self.0.get("url"))?.get("mediaType")?.as_str())
    }
}

fn normal(url: &str) -> Option<String> {
    url::Url::parse(url).ok().map(String::from)
}

/// The first character tells how many components follow.
fn is_valid_blurhash(hash: &str) -> bool {
    let Some(size) = hash.chars().next().and_then(|c| BASE83.find(c)) else { return false };
    let (x, y) = (size % 9 + 1, size / 9 + 1);
    hash.len() == 4 + 2 * x * y && x <= MAX_COMPONENTS && y <= MAX_COMPONENTS && hash.chars().all(|c| BASE83.contains(c))
}
