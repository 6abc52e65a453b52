//! `/api/v2/instance`.

use config::Config;
use serde::Serialize;

use super::limits::{self, MAX_FEATURED_TAGS, MediaLimits, PollLimits, StatusLimits};
use super::{DefaultImages, InstanceFacts, MASTODON_API_VERSION, MASTODON_VERSION, languages};
use crate::annual_report::report_year;
use crate::{Account, Rule, Shared, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Instance {
    pub domain: String,
    pub title: String,
    pub version: &'static str,
    pub source_url: String,
    pub description: String,
    pub usage: Usage,
    pub thumbnail: Thumbnail,
    pub icon: Vec<Icon>,
    pub languages: Vec<String>,
    pub configuration: Configuration,
    pub registrations: Registrations,
    pub api_versions: ApiVersions,
    /// The year of a running look back, if there is one.
    pub wrapstodon: Option<i32>,
    pub contact: Contact,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    pub users: ActiveUsers,
}

#[derive(Debug, Clone, Serialize)]
pub struct ActiveUsers {
    pub active_month: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Thumbnail {
    pub url: String,
    /// These two only of an uploaded picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blurhash: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<ThumbnailVersions>,
    pub description: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ThumbnailVersions {
    #[serde(rename = "@1x")]
    pub single: String,
    #[serde(rename = "@2x")]
    pub double: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Icon {
    pub src: String,
    pub size: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Configuration {
    pub urls: PageUrls,
    pub vapid: Vapid,
    pub accounts: AccountLimits,
    pub statuses: StatusLimits,
    pub media_attachments: MediaLimits,
    pub polls: PollLimits,
    pub translation: Translation,
    pub timelines_access: TimelinesAccess,
    pub limited_federation: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct PageUrls {
    pub streaming: String,
    pub status: Option<String>,
    pub about: String,
    pub privacy_policy: String,
    pub terms_of_service: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Vapid {
    pub public_key: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AccountLimits {
    pub max_display_name_length: u32,
    pub max_note_length: u32,
    pub max_avatar_description_length: u32,
    pub max_header_description_length: u32,
    pub max_featured_tags: u32,
    pub max_pinned_statuses: u32,
    pub max_profile_fields: u32,
    pub profile_field_name_limit: u32,
    pub profile_field_value_limit: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Translation {
    pub enabled: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct TimelinesAccess {
    pub live_feeds: FeedAccess,
    pub hashtag_feeds: FeedAccess,
    pub trending_link_feeds: FeedAccess,
}

#[derive(Debug, Clone, Serialize)]
pub struct FeedAccess {
    pub local: &'static str,
    pub remote: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct Registrations {
    pub enabled: bool,
    pub approval_required: bool,
    pub reason_required: bool,
    /// HTML, while they are closed.
    pub message: Option<String>,
    pub min_age: Option<i64>,
    pub url: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ApiVersions {
    pub mastodon: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Contact {
    pub email: String,
    pub account: Option<Shared<Account>>,
}

impl Instance {
    /// `source_url`: where the code of the running program is to be had.
    #[must_use]
    pub fn new(facts: &InstanceFacts, config: &Config, urls: &Urls, images: &DefaultImages, source_url: &str) -> Self {
        let settings = &facts.settings;
        let limited = config.federation.limited_federation;
        Self {
            domain: urls.local_domain().to_owned(),
            title: settings.site_title.clone(),
            version: MASTODON_VERSION,
            source_url: source_url.to_owned(),
            description: settings.site_short_description.clone(),
            usage: Usage { users: ActiveUsers { active_month: if limited { 0 } else { facts.active_month } } },
            thumbnail: thumbnail(facts, urls, images),
            icon: icons(facts, urls, images),
            languages: languages(config),
            configuration: configuration(facts, config, urls),
            registrations: registrations(facts),
            api_versions: ApiVersions { mastodon: MASTODON_API_VERSION },
            wrapstodon: report_year(settings.wrapstodon, urls.now()),
            contact: Contact { email: settings.site_contact_email.clone(), account: facts.contact.clone() },
            rules: facts.rules.clone(),
        }
    }
}

fn thumbnail(facts: &InstanceFacts, urls: &Urls, images: &DefaultImages) -> Thumbnail {
    let own = facts.thumbnail.as_ref();
    Thumbnail {
        url: facts.thumbnail_url(urls, images, "@1x"),
        blurhash: own.map(|upload| upload.blurhash.clone()),
        versions: own.map(|_| ThumbnailVersions {
            single: facts.thumbnail_url(urls, images, "@1x"),
            double: facts.thumbnail_url(urls, images, "@2x"),
        }),
        description: match own {
            Some(_) => facts.settings.thumbnail_description.clone(),
            None => images.thumbnail_description.clone(),
        },
    }
}

fn icons(facts: &InstanceFacts, urls: &Urls, images: &DefaultImages) -> Vec<Icon> {
    let icon = |size: &u32, src: String| Icon { src, size: format!("{size}x{size}") };
    match &facts.icon {
        None => images.icons.iter().map(|(size, src)| icon(size, src.clone())).collect(),
        Some(upload) => super::ICON_SIZES
            .iter()
            .map(|size| {
                let style = size.to_string();
                let kind = media::paths::Attachment::SiteUploadFile;
                icon(size, urls.file(kind, upload.id, &style, &upload.file_name, false))
            })
            .collect(),
    }
}

fn configuration(facts: &InstanceFacts, config: &Config, urls: &Urls) -> Configuration {
    let settings = &facts.settings;
    let base = urls.base();
    let feeds = |local: db::settings::FeedAccess, remote: db::settings::FeedAccess| FeedAccess {
        local: local.name(),
        remote: remote.name(),
    };
    let topics = feeds(settings.local_topic_feed_access, settings.remote_topic_feed_access);
    Configuration {
        urls: PageUrls {
            streaming: urls.streaming().to_owned(),
            status: settings.status_page_url.clone(),
            about: format!("{base}/about"),
            privacy_policy: format!("{base}/privacy-policy"),
            terms_of_service: facts.has_terms.then(|| format!("{base}/terms-of-service")),
        },
        vapid: Vapid { public_key: config.secrets.vapid.as_ref().map(|keys| keys.public.clone()) },
        accounts: AccountLimits {
            max_display_name_length: 40,
            max_note_length: 500,
            max_avatar_description_length: 150,
            max_header_description_length: 150,
            max_featured_tags: MAX_FEATURED_TAGS,
            max_pinned_statuses: 5,
            max_profile_fields: 4,
            profile_field_name_limit: 255,
            profile_field_value_limit: 255,
        },
        statuses: limits::statuses(),
        media_attachments: limits::media(Some(10_000)),
        polls: limits::polls(),
        translation: Translation { enabled: false },
        timelines_access: TimelinesAccess {
            live_feeds: feeds(settings.local_live_feed_access, settings.remote_live_feed_access),
            hashtag_feeds: topics.clone(),
            trending_link_feeds: topics,
        },
        limited_federation: config.federation.limited_federation,
    }
}

fn registrations(facts: &InstanceFacts) -> Registrations {
    let settings = &facts.settings;
    let closed = Some(settings.closed_registrations_message.as_str())
        .filter(|text| !facts.takes_registrations() && !text.trim().is_empty());
    Registrations {
        enabled: facts.takes_registrations(),
        approval_required: facts.asks_approval(),
        reason_required: facts.asks_approval() && settings.require_invite_text,
        message: closed.map(text::markdown::to_html),
        min_age: settings.min_age,
        url: None,
    }
}
