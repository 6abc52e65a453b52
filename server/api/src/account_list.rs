//! Lists of accounts that are ordered by the row that connects each of them with the list's owner.

use db::{AccountId, PageParams};
use http::Uri;
use shared::{App, Links, Params};

/// An account and the id of the row by which it stands in the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) cursor: i64,
    pub(crate) account_id: AccountId,
}

pub(crate) const DEFAULT_LIMIT: i64 = 40;
pub(crate) const MAX_LIMIT: i64 = 80;

/// A full page may have a next one. Newer ones are found by `since_id`.
pub(crate) fn links(app: &App, uri: &Uri, params: &Params<PageParams>, entries: &[Entry], limit: i64) -> Links {
    let mut links = Links::new(app, uri, params.raw());
    if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
        if i64::try_from(entries.len()).is_ok_and(|length| length == limit) {
            links = links.next(last.cursor);
        }
        links = links.prev_since(first.cursor);
    }
    links
}

pub(crate) fn ids(entries: &[Entry]) -> Vec<AccountId> {
    entries.iter().map(|entry| entry.account_id).collect()
}
