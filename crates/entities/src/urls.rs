//! Addresses of what clients can open: pages, files, and the URIs of local objects.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::NaiveDateTime;
use config::{Clock, Config};
use db::uri::{INSTANCE_ACTOR, Uris};
use db::{AccountId, MediaAttachmentId, StatusId};
use media::paths::{self, Attachment};

/// Made once from the configuration; a clone costs nothing. Carries the clock as well, because some entities
/// (polls, mutes) say whether a time has passed.
#[derive(Debug, Clone)]
pub struct Urls {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    uris: Uris,
    files: String,
    local_domain: String,
    web_domain: String,
    alternate_domains: Vec<String>,
    streaming: String,
    clock: Clock,
}

/// The parts of an account that its addresses are made of.
#[derive(Debug, Clone, Copy)]
pub struct Handle<'a> {
    pub id: AccountId,
    pub username: &'a str,
    pub domain: Option<&'a str>,
    pub uri: &'a str,
    pub url: Option<&'a str>,
    pub id_scheme: Option<i32>,
}

impl Urls {
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let federation = &config.federation;
        Self {
            inner: Arc::new(Inner {
                uris: Uris::new(&federation.base_url()),
                files: config.storage.url.clone(),
                local_domain: federation.local_domain.clone(),
                web_domain: federation.web_domain.clone(),
                alternate_domains: federation.alternate_domains.clone(),
                streaming: federation.streaming_base.clone(),
                clock: config.clock.clone(),
            }),
        }
    }

    /// `https://<WEB_DOMAIN>`, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        self.inner.uris.base()
    }

    #[must_use]
    pub fn uris(&self) -> &Uris {
        &self.inner.uris
    }

    #[must_use]
    pub fn local_domain(&self) -> &str {
        &self.inner.local_domain
    }

    #[must_use]
    pub fn web_domain(&self) -> &str {
        &self.inner.web_domain
    }

    /// Where the streaming API is, without a slash at its end.
    #[must_use]
    pub fn streaming(&self) -> &str {
        &self.inner.streaming
    }

    #[must_use]
    pub fn now(&self) -> NaiveDateTime {
        self.inner.clock.now_naive()
    }

    /// Whether a domain in a handle is one of our own.
    #[must_use]
    pub fn is_local_domain(&self, domain: &str) -> bool {
        let inner = &self.inner;
        [&inner.local_domain, &inner.web_domain]
            .into_iter()
            .chain(&inner.alternate_domains)
            .any(|own| own.eq_ignore_ascii_case(domain))
    }

    /// The ActivityPub id of an account.
    #[must_use]
    pub fn account_uri(&self, account: Handle<'_>) -> String {
        match account.domain {
            Some(_) => account.uri.to_owned(),
            None => self.inner.uris.account(account.id, account.username, account.id_scheme),
        }
    }

    /// The page of an account. Remote ones without a page that can be opened have their URI instead.
    #[must_use]
    pub fn account_page(&self, account: Handle<'_>) -> String {
        match account.domain {
            Some(_) => account.url.filter(|url| is_web_url(url)).unwrap_or(account.uri).to_owned(),
            None if account.id == INSTANCE_ACTOR => format!("{}/about/more?instance_actor=true", self.base()),
            None => self.inner.uris.account_page(account.username),
        }
    }

    /// The ActivityPub id of a local status.
    #[must_use]
    pub fn status_uri(&self, author: Handle<'_>, id: StatusId, boost: bool) -> String {
        let uri = self.inner.uris.status(&self.account_uri(author), id);
        if boost { format!("{uri}/activity") } else { uri }
    }

    /// The page of a local status; boosts have the address of their activity.
    #[must_use]
    pub fn status_page(&self, author: Handle<'_>, id: StatusId, boost: bool) -> String {
        if boost {
            format!("{}/users/{}/statuses/{id}/activity", self.base(), author.username)
        } else {
            self.inner.uris.status_page(author.username, id)
        }
    }

    /// The page of a hashtag by its normalised name.
    #[must_use]
    pub fn tag(&self, name: &str) -> String {
        self.inner.uris.tag(name)
    }

    /// Posts of an account with a hashtag.
    #[must_use]
    pub fn tagged_page(&self, username: &str, tag: &str) -> String {
        format!("{}/@{username}/tagged/{}", self.base(), encode(tag))
    }

    /// A stored file, see [`media::paths`].
    #[must_use]
    pub fn file(&self, kind: Attachment, id: i64, style: &str, file_name: &str, cached: bool) -> String {
        format!("{}/{}", self.inner.files, paths::attachment(kind, id, style, file_name, cached))
    }

    /// Where a remote file is fetched again when somebody wants it; `style` is `original` or `small`.
    #[must_use]
    pub fn media_proxy(&self, id: MediaAttachmentId, style: &str) -> String {
        format!("{}/media_proxy/{id}/{style}", self.base())
    }

    /// The short page of an old upload.
    #[must_use]
    pub fn medium(&self, shortcode: &str) -> String {
        format!("{}/media/{shortcode}", self.base())
    }

    #[must_use]
    pub fn missing_avatar(&self) -> String {
        format!("{}/avatars/original/missing.png", self.base())
    }

    #[must_use]
    pub fn missing_header(&self) -> String {
        format!("{}/headers/original/missing.png", self.base())
    }
}

/// Whether browsers may be sent there.
pub(crate) fn is_web_url(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
}

/// `user` or `user@domain` as people write it, the domain in Unicode.
#[must_use]
pub fn acct(username: &str, domain: Option<&str>) -> String {
    match domain {
        None => username.to_owned(),
        Some(domain) => format!("{username}@{}", unicode_domain(domain)),
    }
}

fn unicode_domain(domain: &str) -> Cow<'_, str> {
    if domain.contains("xn--") { Cow::Owned(idna::domain_to_unicode(domain).0) } else { Cow::Borrowed(domain) }
}

fn encode(segment: &str) -> Cow<'_, str> {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(segment, KEPT).into()
}
