//! Accounts named in a text.

use db::mentions::MentionRow;
use serde::Serialize;

use crate::urls::{Handle, acct};
use crate::{Id, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Mention {
    /// Of the account.
    pub id: Id,
    pub username: String,
    pub url: String,
    pub acct: String,
}

pub(crate) fn handle(row: &MentionRow) -> Handle<'_> {
    Handle {
        id: row.account_id,
        username: &row.username,
        domain: row.domain.as_deref(),
        uri: &row.uri,
        url: row.url.as_deref(),
        id_scheme: row.id_scheme,
    }
}

impl Mention {
    #[must_use]
    pub fn new(row: &MentionRow, urls: &Urls) -> Self {
        Self::of(handle(row), urls)
    }

    pub(crate) fn of(account: Handle<'_>, urls: &Urls) -> Self {
        Self {
            id: Id(account.id),
            username: account.username.to_owned(),
            url: urls.account_page(account),
            acct: acct(account.username, account.domain),
        }
    }
}
