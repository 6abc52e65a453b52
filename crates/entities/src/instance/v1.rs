//! `/api/v1/instance`.

use config::Config;
use serde::Serialize;

use super::limits::{self, MAX_FEATURED_TAGS, MediaLimits, PollLimits, StatusLimits};
use super::{DefaultImages, InstanceFacts, MASTODON_VERSION, languages};
use crate::{Account, Rule, Shared, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct InstanceV1 {
    /// A bare domain, in spite of its name.
    pub uri: String,
    pub title: String,
    pub short_description: String,
    pub description: String,
    pub email: String,
    pub version: &'static str,
    pub urls: StreamingUrl,
    pub stats: Stats,
    pub thumbnail: String,
    pub languages: Vec<String>,
    pub registrations: bool,
    pub approval_required: bool,
    pub invites_enabled: bool,
    pub configuration: Configuration,
    pub contact_account: Option<Shared<Account>>,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, Serialize)]
pub struct StreamingUrl {
    pub streaming_api: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Stats {
    pub user_count: i64,
    pub status_count: i64,
    pub domain_count: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Configuration {
    pub accounts: AccountLimits,
    pub statuses: StatusLimits,
    pub media_attachments: MediaLimits,
    pub polls: PollLimits,
}

#[derive(Debug, Clone, Serialize)]
pub struct AccountLimits {
    pub max_featured_tags: u32,
}

impl InstanceV1 {
    #[must_use]
    pub fn new(facts: &InstanceFacts, config: &Config, urls: &Urls, images: &DefaultImages) -> Self {
        let settings = &facts.settings;
        Self {
            uri: urls.local_domain().to_owned(),
            title: settings.site_title.clone(),
            short_description: settings.site_short_description.clone(),
            description: settings.site_description.clone(),
            email: settings.site_contact_email.clone(),
            version: MASTODON_VERSION,
            urls: StreamingUrl { streaming_api: urls.streaming().to_owned() },
            stats: Stats { user_count: facts.user_count, status_count: facts.status_count, domain_count: facts.domain_count },
            thumbnail: facts.thumbnail_url(urls, images, "@1x"),
            languages: languages(config),
            registrations: facts.takes_registrations(),
            approval_required: facts.asks_approval(),
            invites_enabled: facts.everyone_may_invite,
            configuration: Configuration {
                accounts: AccountLimits { max_featured_tags: MAX_FEATURED_TAGS },
                statuses: limits::statuses(),
                media_attachments: limits::media(None),
                polls: limits::polls(),
            },
            contact_account: facts.contact.clone(),
            rules: facts.rules.clone(),
        }
    }
}
