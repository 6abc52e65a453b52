//! Results of a search, and accounts worth a look.

use serde::Serialize;

use crate::{Account, Collection, Shared, Status, Tag};

#[derive(Debug, Clone, Default, Serialize)]
pub struct Search {
    pub accounts: Vec<Shared<Account>>,
    pub statuses: Vec<Status>,
    pub hashtags: Vec<Tag>,
    pub collections: Vec<Collection>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    /// The first source in older words: `staff`, `global` or `past_interactions`.
    pub source: Option<&'static str>,
    pub sources: Vec<String>,
    pub account: Shared<Account>,
}

impl Suggestion {
    #[must_use]
    pub fn new(sources: Vec<String>, account: Shared<Account>) -> Self {
        let source = match sources.first().map(String::as_str) {
            Some("featured") => Some("staff"),
            Some("most_followed" | "most_interactions") => Some("global"),
            Some("friends_of_friends" | "similar_to_recently_followed") => Some("past_interactions"),
            _ => None,
        };
        Self { source, sources, account }
    }
}
