//! Stored text → the HTML that clients get.

use std::collections::{HashMap, HashSet};

use db::PgConnection;
use db::accounts::{self, HandleRow};
use text::format::{Mentioned, Options};

use crate::Mention;
use crate::urls::{Handle, Urls, acct};

/// HTML of a bio or post: formatted if it was written here, cleaned if it came from elsewhere.
pub(crate) fn html(text: &str, local: bool, urls: &Urls, accounts: &impl Resolve) -> String {
    if local {
        let resolve = |username: &str, domain: Option<&str>| accounts.resolve(username, own_to_none(urls, domain), urls);
        text::format::local_html(text, &Options { base_url: urls.base(), resolve: &resolve })
    } else {
        text::sanitize::remote_html(text)
    }
}

/// HTML of a profile field. Links that were verified on other servers are shown as plain short links.
pub(crate) fn field_html(value: &str, local: bool, verified: bool, urls: &Urls, accounts: &impl Resolve) -> String {
    if local {
        let resolve = |username: &str, domain: Option<&str>| accounts.resolve(username, own_to_none(urls, domain), urls);
        return text::format::local_field(value, &Options { base_url: urls.base(), resolve: &resolve });
    }
    if verified {
        return text::format::link(text::plain::remote(value).trim(), false);
    }
    text::sanitize::remote_html(value)
}

fn own_to_none<'a>(urls: &Urls, domain: Option<&'a str>) -> Option<&'a str> {
    domain.filter(|domain| !urls.is_local_domain(domain))
}

/// Accounts that mentions in a text may lead to. `domain` is absent for our own.
pub(crate) trait Resolve {
    fn resolve(&self, username: &str, domain: Option<&str>, urls: &Urls) -> Option<Mentioned>;
}

/// `shown` stands behind the `@`. The domain is left out, so that the formatter does not decide by itself when to show it.
fn mentioned(account: Handle<'_>, shown: String, urls: &Urls) -> Mentioned {
    Mentioned {
        username: shown,
        domain: None,
        pretty_acct: acct(account.username, account.domain),
        url: urls.account_page(account),
    }
}

/// The author and the mentioned accounts of a status. Where two of them have the same user name, domains are shown.
pub(crate) struct Participants<'a>(pub(crate) Vec<Handle<'a>>);

impl Resolve for Participants<'_> {
    fn resolve(&self, username: &str, domain: Option<&str>, urls: &Urls) -> Option<Mentioned> {
        let same_domain = |own: Option<&str>| match (own, domain) {
            (None, None) => true,
            (Some(own), Some(asked)) => own.eq_ignore_ascii_case(asked),
            _ => false,
        };
        let namesakes = self.0.iter().filter(|account| account.username.eq_ignore_ascii_case(username));
        let (same, others): (Vec<&Handle<'_>>, Vec<_>) = namesakes.partition(|account| same_domain(account.domain));
        let account = *same.last()?;
        let shown = if others.is_empty() { account.username.to_owned() } else { acct(account.username, account.domain) };
        Some(mentioned(*account, shown, urls))
    }
}

/// Handles seen in bios and fields, to be looked up together.
#[derive(Debug, Default)]
pub(crate) struct WantedHandles {
    pairs: HashSet<(String, String)>,
}

impl WantedHandles {
    /// Notes the handles in a text of a local account.
    pub(crate) fn add(&mut self, text: &str, urls: &Urls) {
        if text.contains('@') {
            for handle in text::mention::extract(text) {
                let (username, domain) = text::mention::split(handle);
                let domain = own_to_none(urls, domain).unwrap_or_default();
                self.pairs.insert((username.to_lowercase(), domain.to_lowercase()));
            }
        }
    }

    pub(crate) async fn find(self, conn: &mut PgConnection) -> Result<Handles, sqlx::Error> {
        if self.pairs.is_empty() {
            return Ok(Handles::default());
        }
        let (usernames, domains): (Vec<_>, Vec<_>) = self.pairs.into_iter().unzip();
        let rows = accounts::find_by_handles(conn, &usernames, &domains).await?;
        let key = |row: &HandleRow| (row.username.to_lowercase(), row.domain.clone().unwrap_or_default().to_lowercase());
        Ok(Handles { known: rows.into_iter().map(|row| (key(&row), row)).collect() })
    }
}

/// Accounts by user name and domain in lower case.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    known: HashMap<(String, String), HandleRow>,
}

impl Handles {
    fn get(&self, username: &str, domain: Option<&str>) -> Option<Handle<'_>> {
        let row = self.known.get(&(username.to_lowercase(), domain.unwrap_or_default().to_lowercase()))?;
        Some(Handle {
            id: row.id,
            username: &row.username,
            domain: row.domain.as_deref(),
            uri: &row.uri,
            url: row.url.as_deref(),
            id_scheme: row.id_scheme,
        })
    }

    /// The known accounts that a text mentions, each once.
    pub(crate) fn mentioned_in(&self, text: &str, urls: &Urls) -> Vec<Mention> {
        let mut seen = HashSet::new();
        text::mention::extract(text)
            .into_iter()
            .map(text::mention::split)
            .filter_map(|(username, domain)| self.get(username, own_to_none(urls, domain)))
            .filter(|account| seen.insert(account.id))
            .map(|account| Mention::of(account, urls))
            .collect()
    }
}

impl Resolve for Handles {
    fn resolve(&self, username: &str, domain: Option<&str>, urls: &Urls) -> Option<Mentioned> {
        let account = self.get(username, domain)?;
        Some(mentioned(account, account.username.to_owned(), urls))
    }
}

#[cfg(test)]
mod tests {
    use super::{Participants, html};
    use crate::Urls;
    use crate::urls::Handle;

    fn urls() -> Urls {
        let hex = "0".repeat(64);
        let source = config::Source::from_pairs([
            ("LOCAL_DOMAIN", "social.example"),
            ("SECRET_KEY_BASE", &hex),
            ("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY", &hex),
            ("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY", &hex),
            ("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT", &hex),
        ]);
        Urls::new(&config::Config::from_source(&source).unwrap())
    }

    fn local(id: i64, username: &str) -> Handle<'_> {
        Handle { id, username, domain: None, uri: "", url: None, id_scheme: Some(1) }
    }

    fn remote(id: i64, username: &'static str) -> Handle<'static> {
        let url = Some("https://remote.example/@bob");
        Handle { id, username, domain: Some("remote.example"), uri: "https://remote.example/users/bob", url, id_scheme: None }
    }

    #[test]
    fn a_mention_leads_to_the_profile_and_hides_its_domain() {
        let people = Participants(vec![local(1, "alice"), remote(2, "bob")]);
        assert_eq!(
            html("@bob@remote.example", true, &urls(), &people),
            "<p><span class=\"h-card\" translate=\"no\"><a href=\"https://remote.example/@bob\" class=\"u-url mention\">\
             @<span>bob</span></a></span></p>"
        );
    }

    #[test]
    fn namesakes_are_told_apart_by_their_domains() {
        let people = Participants(vec![local(1, "bob"), remote(2, "bob")]);
        let html = html("@bob@remote.example", true, &urls(), &people);
        assert!(html.contains("@<span>bob@remote.example</span>"), "{html}");
    }

    #[test]
    fn our_own_domain_in_a_mention_changes_nothing() {
        let people = Participants(vec![local(1, "alice")]);
        let html = html("@alice@social.example", true, &urls(), &people);
        assert!(html.contains("href=\"https://social.example/@alice\""), "{html}");
    }

    #[test]
    fn who_was_not_mentioned_when_it_was_written_stays_text() {
        let people = Participants(vec![local(1, "alice")]);
        assert_eq!(html("@carol hi", true, &urls(), &people), "<p>@carol hi</p>");
    }
}
