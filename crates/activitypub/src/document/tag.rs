//! The `tag` list of a post or actor: what its text refers to.

use chrono::NaiveDateTime;
use serde_json::Value;

use super::value::{self, href, is_type};

/// One entry of the list, of a kind that means something here.
#[derive(Debug, Clone, PartialEq)]
pub enum Tag<'a> {
    /// The name without `#`.
    Hashtag { name: &'a str },
    /// The address of the account.
    Mention { href: &'a str },
    /// A picture for a shortcode, which is given without colons.
    Emoji { shortcode: &'a str, uri: Option<&'a str>, image_url: &'a str, updated: Option<NaiveDateTime> },
    /// A collection of accounts that the text links to.
    FeaturedCollection { id: &'a str },
}

impl<'a> Tag<'a> {
    /// `None` for kinds that mean nothing here and for entries that lack what they need.
    pub fn read(entry: &'a Value) -> Option<Self> {
        if is_type(entry, "Hashtag") {
            let name = entry.get("name")?.as_str()?;
            Some(Self::Hashtag { name: name.strip_prefix('#').unwrap_or(name) }).filter(|_| !name.is_empty())
        } else if is_type(entry, "Mention") {
            Some(Self::Mention { href: entry.get("href")?.as_str().filter(|href| !href.is_empty())? })
        } else if is_type(entry, "Emoji") {
            let shortcode = entry.get("name")?.as_str()?.trim_matches(':');
            let icon = value::first(entry.get("icon"))?;
            let image_url = href(icon.get("url")).filter(|url| value::is_web_url(url))?;
            let uri = entry.get("id").and_then(Value::as_str);
            Some(Self::Emoji { shortcode, uri, image_url, updated: value::time(entry.get("updated")) })
        } else if is_type(entry, "FeaturedCollection") {
            Some(Self::FeaturedCollection { id: entry.get("id")?.as_str()? })
        } else {
            None
        }
    }
}
