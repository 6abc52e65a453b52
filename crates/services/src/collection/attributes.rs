//! What an owner may say of a collection, and what is wrong with it.

use db::{PgConnection, TagId};

use crate::draft::hashtags;
use crate::error::{Result, Validation};

const MAX_NAME: usize = 40;
const MAX_DESCRIPTION: usize = 100;

/// What a request brought: outer `None` was not sent, inner `None` was sent as nothing.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub language: Option<Option<String>>,
    pub sensitive: Option<Option<bool>>,
    pub discoverable: Option<Option<bool>>,
    /// With or without its `#`.
    pub tag_name: Option<Option<String>>,
}

/// A collection as it stands or is to stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) language: Option<String>,
    pub(super) sensitive: Option<bool>,
    pub(super) discoverable: Option<bool>,
    pub(super) tag_id: Option<TagId>,
}

impl Attributes {
    pub(super) fn change(&mut self, changes: &Changes, tag: Option<Option<TagId>>) {
        let stored = |text: &Option<String>| text.as_ref().map(|text| text.replace('\0', ""));
        if let Some(name) = &changes.name {
            self.name = stored(name).unwrap_or_default();
        }
        if let Some(description) = &changes.description {
            self.description = stored(description);
        }
        if let Some(language) = &changes.language {
            self.language = stored(language);
        }
        if let Some(sensitive) = changes.sensitive {
            self.sensitive = sensitive;
        }
        if let Some(discoverable) = changes.discoverable {
            self.discoverable = discoverable;
        }
        if let Some(tag) = tag {
            self.tag_id = tag;
        }
    }

    /// In the order in which Mastodon makes them.
    pub(super) fn complaints(&self) -> Validation {
        let mut found = Validation { with_details: true, ..Validation::default() };
        if self.name.trim().is_empty() {
            found.add("name", "Name", "ERR_BLANK", "can't be blank");
        }
        let mut length = |attribute: &str, human: &str, text: &str, most: usize| {
            if text.chars().count() > most {
                found.add(attribute, human, "ERR_TOO_LONG", &format!("is too long (maximum is {most} characters)"));
            }
        };
        length("name", "Name", &self.name, MAX_NAME);
        length("description", "Description", self.description.as_deref().unwrap_or_default(), MAX_DESCRIPTION);
        for (attribute, human, flag) in
            [("sensitive", "Sensitive", self.sensitive), ("discoverable", "Discoverable", self.discoverable)]
        {
            if flag.is_none() {
                found.add(attribute, human, "ERR_INCLUSION", "is not included in the list");
            }
        }
        if self.language.as_deref().is_some_and(|code| !code.is_empty() && !text::language::is_supported(code)) {
            found.add("language", "Language", "ERR_INVALID", "is invalid");
        }
        found
    }
}

/// The hashtag that a request names, made if it is new. A name that can be none is refused before anything else is looked at
/// (recorded: an empty one is blank as well).
pub(super) async fn tag_of(conn: &mut PgConnection, changes: &Changes) -> Result<Option<Option<TagId>>> {
    let name = match &changes.tag_name {
        None => return Ok(None),
        Some(None) => return Ok(Some(None)),
        Some(Some(name)) => text::hashtag::display_name(name),
    };
    let mut found = Validation { with_details: true, ..Validation::default() };
    if name.is_empty() {
        found.add("name", "Name", "ERR_BLANK", "can't be blank");
    }
    if !text::hashtag::is_valid(&name) {
        found.add("name", "Name", "ERR_INVALID", "is invalid");
        found.add("display_name", "Display name", "ERR_INVALID", "is invalid");
    }
    found.into_result()?;
    let Some(tag) = hashtags::find_or_create(conn, &[name]).await?.first().copied() else { return Ok(Some(None)) };
    let usable =
        sqlx::query_scalar!(r#"SELECT COALESCE(usable, true) AS "usable!" FROM tags WHERE id = $1"#, tag).fetch_one(conn).await?;
    if !usable {
        let mut found = Validation { with_details: true, ..Validation::default() };
        found.add("tag_name", "Tag name", "ERR_UNUSABLE", "may not be used");
        found.into_result()?;
    }
    Ok(Some(Some(tag)))
}
