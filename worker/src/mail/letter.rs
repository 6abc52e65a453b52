//! What all letters have in common: a greeting, some paragraphs, one link, and why it was sent.

use askama::Template as _;

/// A letter to one person.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: String,
    /// Names the event that the letter tells of: letters, digits and hyphens. Part of the Message-ID.
    pub(crate) key: String,
    pub(crate) page: Page,
}

/// The text, written once as plain text and once as HTML.
#[derive(Debug)]
pub(crate) struct Page {
    /// The server's name.
    pub(crate) site: String,
    pub(crate) greeting: String,
    pub(crate) paragraphs: Vec<String>,
    /// Label and address.
    pub(crate) link: Option<(String, String)>,
    /// What somebody else wrote, as plain text.
    pub(crate) quote: Option<String>,
    pub(crate) footer: Vec<String>,
}

impl Page {
    pub(super) fn text(&self) -> anyhow::Result<String> {
        Ok(Text { page: self }.render()?)
    }

    pub(super) fn html(&self) -> anyhow::Result<String> {
        Ok(Html { page: self }.render()?)
    }
}

#[derive(askama::Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Text<'a> {
    page: &'a Page,
}

#[derive(askama::Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    page: &'a Page,
}
