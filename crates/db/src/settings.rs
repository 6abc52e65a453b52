//! `settings`: what administrators set for the whole server, each as a YAML document; and Mastodon's defaults.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde_json::Value;
use sqlx::PgConnection;

/// Who may read a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedAccess {
    Public,
    Authenticated,
    Disabled,
}

impl FeedAccess {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Authenticated => "authenticated",
            Self::Disabled => "disabled",
        }
    }

    fn from_text(text: Option<&str>) -> Self {
        match text {
            Some("authenticated") => Self::Authenticated,
            Some("disabled") => Self::Disabled,
            _ => Self::Public,
        }
    }
}

/// When a setting was last stored; `None` if it never was.
///
/// # Errors
/// The database failed.
pub async fn changed_at(conn: &mut PgConnection, name: &str) -> Result<Option<NaiveDateTime>, sqlx::Error> {
    sqlx::query_scalar!("SELECT max(updated_at) FROM settings WHERE var = $1", name).fetch_one(conn).await
}

/// Who may see a list such as that of blocked servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Disabled,
    Users,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationsMode {
    Open,
    Approved,
    None,
}

/// All settings, with the defaults for those without a row.
#[derive(Debug, Clone)]
pub struct Settings {
    pub site_title: String,
    pub site_short_description: String,
    pub site_description: String,
    pub site_extended_description: String,
    /// The privacy policy; a built-in one applies if it is empty.
    pub site_terms: String,
    pub site_contact_username: String,
    pub site_contact_email: String,
    pub registrations_mode: RegistrationsMode,
    pub closed_registrations_message: String,
    pub require_invite_text: bool,
    pub min_age: Option<i64>,
    pub captcha_enabled: bool,
    pub profile_directory: bool,
    pub local_live_feed_access: FeedAccess,
    pub remote_live_feed_access: FeedAccess,
    pub local_topic_feed_access: FeedAccess,
    pub remote_topic_feed_access: FeedAccess,
    pub landing_page: String,
    pub show_staff_badge: bool,
    pub preview_sensitive_media: bool,
    pub noindex: bool,
    pub theme: String,
    pub thumbnail_description: String,
    pub trends: bool,
    pub trendable_by_default: bool,
    pub bootstrap_timeline_accounts: String,
    pub activity_api_enabled: bool,
    pub peers_api_enabled: bool,
    pub show_domain_blocks: Audience,
    pub show_domain_blocks_rationale: Audience,
    /// Days; `None` is for ever.
    pub backups_retention_period: Option<i64>,
    pub media_cache_retention_period: Option<i64>,
    pub content_cache_retention_period: Option<i64>,
    pub allow_referrer_origin: bool,
    pub wrapstodon: bool,
    pub custom_css: Option<String>,
    pub status_page_url: Option<String>,
    pub authorized_fetch: Option<bool>,
    pub email_subscriptions: Option<bool>,
    pub email_footer_text: Option<String>,
}

/// # Errors
/// The database failed.
pub async fn load(conn: &mut PgConnection) -> Result<Settings, sqlx::Error> {
    let rows = sqlx::query!("SELECT var, value FROM settings").fetch_all(conn).await?;
    Ok(Settings::from_rows(rows.into_iter().map(|row| (row.var, row.value))))
}

impl Settings {
    /// From pairs of name and YAML document. A row that holds nothing wins over the default, as in Mastodon.
    #[must_use]
    pub fn from_rows(rows: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let stored = Stored(rows.into_iter().map(|(name, yaml)| (name, parse(yaml.as_deref()))).collect());
        Self {
            site_title: stored.text("site_title", "Mastodon"),
            site_short_description: stored.text("site_short_description", ""),
            site_description: stored.text("site_description", ""),
            site_extended_description: stored.text("site_extended_description", ""),
            site_terms: stored.text("site_terms", ""),
            site_contact_username: stored.text("site_contact_username", ""),
            site_contact_email: stored.text("site_contact_email", ""),
            registrations_mode: match stored.word("registrations_mode") {
                Some("open") => RegistrationsMode::Open,
                Some("approved") => RegistrationsMode::Approved,
                _ => RegistrationsMode::None,
            },
            closed_registrations_message: stored.text("closed_registrations_message", ""),
            require_invite_text: stored.flag("require_invite_text", false),
            min_age: stored.positive("min_age", None),
            captcha_enabled: stored.flag("captcha_enabled", false),
            profile_directory: stored.flag("profile_directory", true),
            local_live_feed_access: FeedAccess::from_text(stored.word("local_live_feed_access")),
            remote_live_feed_access: FeedAccess::from_text(stored.word("remote_live_feed_access")),
            local_topic_feed_access: FeedAccess::from_text(stored.word("local_topic_feed_access")),
            remote_topic_feed_access: FeedAccess::from_text(stored.word("remote_topic_feed_access")),
            landing_page: stored.text("landing_page", "trends"),
            show_staff_badge: stored.flag("show_staff_badge", true),
            preview_sensitive_media: stored.flag("preview_sensitive_media", false),
            noindex: stored.flag("noindex", false),
            theme: stored.text("theme", "default"),
            thumbnail_description: stored.text("thumbnail_description", ""),
            trends: stored.flag("trends", true),
            trendable_by_default: stored.flag("trendable_by_default", false),
            bootstrap_timeline_accounts: stored.text("bootstrap_timeline_accounts", ""),
            activity_api_enabled: stored.flag("activity_api_enabled", true),
            peers_api_enabled: stored.flag("peers_api_enabled", true),
            show_domain_blocks: audience(stored.word("show_domain_blocks")),
            show_domain_blocks_rationale: audience(stored.word("show_domain_blocks_rationale")),
            backups_retention_period: stored.positive("backups_retention_period", Some(7)),
            media_cache_retention_period: stored.positive("media_cache_retention_period", None),
            content_cache_retention_period: stored.positive("content_cache_retention_period", None),
            allow_referrer_origin: stored.flag("allow_referrer_origin", false),
            wrapstodon: stored.flag("wrapstodon", true),
            custom_css: stored.word("custom_css").map(str::to_owned),
            status_page_url: stored.word("status_page_url").map(str::to_owned),
            authorized_fetch: stored.optional_flag("authorized_fetch"),
            email_subscriptions: stored.optional_flag("email_subscriptions"),
            email_footer_text: stored.word("email_footer_text").map(str::to_owned),
        }
    }
}

/// One flag out of a raw column, for queries that fetch a single setting beside other things.
#[must_use]
pub fn flag_column(yaml: Option<&str>, default: bool) -> bool {
    yaml.map_or(default, |yaml| truth(&parse(Some(yaml))))
}

fn parse(yaml: Option<&str>) -> Value {
    yaml.filter(|yaml| !yaml.is_empty()).map_or(Value::Null, text::yaml::load)
}

fn audience(word: Option<&str>) -> Audience {
    match word {
        Some("users") => Audience::Users,
        Some("all") => Audience::All,
        _ => Audience::Disabled,
    }
}

/// What Rails' form values count as.
fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::Null => false,
        Value::String(text) => !matches!(text.as_str(), "" | "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF"),
        Value::Number(number) => number.as_i64() != Some(0),
        Value::Array(_) | Value::Object(_) => true,
    }
}

struct Stored(HashMap<String, Value>);

impl Stored {
    fn text(&self, name: &str, default: &str) -> String {
        match self.0.get(name) {
            None => default.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// Text that is there and not empty.
    fn word(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.0.get(name).map_or(default, truth)
    }

    fn optional_flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).filter(|value| !value.is_null()).map(truth)
    }

    /// A number counts if it is one and above zero.
    fn positive(&self, name: &str, default: Option<i64>) -> Option<i64> {
        match self.0.get(name) {
            None => default,
            Some(value) => value.as_i64().filter(|number| *number > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Audience, RegistrationsMode, Settings};

    fn settings(rows: &[(&str, &str)]) -> Settings {
        Settings::from_rows(rows.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))))
    }

    // Rows of a recorded server.
    #[test]
    fn rows_are_read_as_rails_wrote_them() {
        let settings = settings(&[
            ("site_title", "--- Golden\n"),
            ("site_extended_description", "--- |\n  # About\n\n  Some *markdown* here.\n"),
            ("registrations_mode", "--- approved\n"),
            ("show_domain_blocks", "--- users\n"),
            ("content_cache_retention_period", "--- 14\n"),
            ("trends", "--- false\n"),
        ]);
        assert_eq!(settings.site_title, "Golden");
        assert_eq!(settings.site_extended_description, "# About\n\nSome *markdown* here.\n");
        assert_eq!(settings.registrations_mode, RegistrationsMode::Approved);
        assert_eq!(settings.show_domain_blocks, Audience::Users);
        assert_eq!(settings.content_cache_retention_period, Some(14));
        assert!(!settings.trends && settings.profile_directory);
    }

    #[test]
    fn an_empty_row_wins_over_the_default() {
        let settings = settings(&[("backups_retention_period", "--- \n"), ("site_title", "--- ''\n")]);
        assert_eq!(settings.backups_retention_period, None);
        assert_eq!(settings.site_title, "");
    }
}
