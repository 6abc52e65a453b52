//! The quote in a status, and who may quote it.

use serde_json::{Map, Value, json};

use super::load::{QuoteRow, StatusRow};
use crate::render::{PUBLIC, Renderer};

impl Renderer {
    pub(super) fn quote_approval(&self, status: &StatusRow, account_uri: &str) -> Vec<String> {
        let automatic = status.quote_approval_policy >> 16;
        let mut approved = Vec::new();
        if automatic & 2 != 0 {
            approved.push(PUBLIC.to_owned());
        }
        if automatic & 4 != 0 {
            approved.push(format!("{account_uri}/followers"));
        }
        if automatic & 8 != 0 {
            approved.push(format!("{account_uri}/following"));
        }
        if approved.is_empty() {
            approved.push(account_uri.to_owned());
        }
        approved
    }

    pub(super) fn quoted_page(&self, quote: &QuoteRow) -> Option<String> {
        if quote.quoted_domain.is_some() {
            return quote.quoted_url.clone().filter(|url| !url.is_empty()).or_else(|| quote.quoted_uri.clone());
        }
        Some(self.uris.status_page(quote.quoted_username.as_deref()?, quote.quoted_id?))
    }

    /// A quoted status that is gone leaves a tombstone in `quote`, the one place where its loss can be said.
    pub(super) fn put_quote(&self, body: &mut Map<String, Value>, quote: &QuoteRow) {
        match &quote.quoted_uri {
            Some(uri) => {
                for key in ["quote", "_misskey_quote", "quoteUri"] {
                    body.insert(key.to_owned(), json!(uri));
                }
            }
            None => {
                body.insert("quote".to_owned(), json!({"type": "Tombstone"}));
            }
        }
        if let Some(authorization) = self.quote_authorization(quote) {
            body.insert("quoteAuthorization".to_owned(), json!(authorization));
        }
    }

    /// The stamp of the quoted author's server; ours for local authors.
    fn quote_authorization(&self, quote: &QuoteRow) -> Option<String> {
        if quote.quoted_domain.is_some() {
            return quote.approval_uri.clone();
        }
        let account = self.uris.account(quote.quoted_account_id?, quote.quoted_username.as_deref()?, quote.quoted_id_scheme);
        quote.accepted.then(|| format!("{account}/quote_authorizations/{}", quote.id))
    }
}
