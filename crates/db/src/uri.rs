//! How local things are named: the URIs that other servers store and that therefore never change.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{AccountId, StatusId};

/// What stays as it is in a path: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `accounts.id_scheme`: names by username (up to Mastodon 4.5) or by number (accounts made since).
pub const USERNAME_SCHEME: i32 = 0;
pub const NUMERIC_SCHEME: i32 = 1;

/// The instance actor's id, fixed by Mastodon.
pub const INSTANCE_ACTOR: AccountId = -99;

/// Builds URIs below one base such as `https://social.example`, which has no slash at its end.
#[derive(Debug, Clone)]
pub struct Uris {
    base: std::sync::Arc<str>,
}

impl Uris {
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').into() }
    }

    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The `id` of a local actor document.
    #[must_use]
    pub fn account(&self, id: AccountId, username: &str, id_scheme: Option<i32>) -> String {
        if id == INSTANCE_ACTOR {
            format!("{}/actor", self.base)
        } else if id_scheme == Some(NUMERIC_SCHEME) {
            format!("{}/ap/users/{id}", self.base)
        } else {
            format!("{}/users/{username}", self.base)
        }
    }

    /// The page of a local account that people read.
    #[must_use]
    pub fn account_page(&self, username: &str) -> String {
        format!("{}/@{username}", self.base)
    }

    /// The list that `Collection-Synchronization` speaks of; Mastodon names it by username under either scheme.
    #[must_use]
    pub fn followers_synchronization(&self, username: &str) -> String {
        format!("{}/users/{username}/followers_synchronization", self.base)
    }

    /// `id` of a local status; boosts have `/activity` behind it, as Mastodon names them.
    #[must_use]
    pub fn status(&self, account_uri: &str, id: StatusId) -> String {
        format!("{account_uri}/statuses/{id}")
    }

    #[must_use]
    pub fn status_page(&self, username: &str, id: StatusId) -> String {
        format!("{}/@{username}/{id}", self.base)
    }

    #[must_use]
    pub fn tag(&self, name: &str) -> String {
        format!("{}/tags/{}", self.base, utf8_percent_encode(name, SEGMENT))
    }

    /// The list of somebody's collections of accounts. Mastodon names these by the owner's number under either scheme.
    #[must_use]
    pub fn featured_collections(&self, owner: AccountId) -> String {
        format!("{}/ap/users/{owner}/featured_collections", self.base)
    }

    #[must_use]
    pub fn collection(&self, owner: AccountId, id: i64) -> String {
        format!("{}/ap/users/{owner}/collections/{id}", self.base)
    }

    #[must_use]
    pub fn collection_page(&self, id: i64) -> String {
        format!("{}/collections/{id}", self.base)
    }

    #[must_use]
    pub fn collection_item(&self, owner: AccountId, id: i64) -> String {
        format!("{}/ap/users/{owner}/collection_items/{id}", self.base)
    }

    /// The stamp by which a local account shows that it agrees to stand in a collection.
    #[must_use]
    pub fn feature_authorization(&self, featured: AccountId, item: i64) -> String {
        format!("{}/ap/users/{featured}/feature_authorizations/{item}", self.base)
    }

    #[must_use]
    pub fn shared_inbox(&self) -> String {
        format!("{}/inbox", self.base)
    }

    /// The part below the base, when the URI is one of ours.
    #[must_use]
    pub fn local_path<'a>(&self, uri: &'a str) -> Option<&'a str> {
        uri.strip_prefix(&*self.base).filter(|path| path.starts_with('/'))
    }
}
