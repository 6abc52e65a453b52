//! Every key name, as Mastodon 4.6 spells it. No other file writes one.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// A stored timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedKey {
    /// By account id.
    Home(i64),
    /// By list id.
    List(i64),
}

impl fmt::Display for FeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home(id) => write!(f, "feed:home:{id}"),
            Self::List(id) => write!(f, "feed:list:{id}"),
        }
    }
}

pub(crate) fn feed_reblogs(feed: FeedKey) -> String {
    format!("{feed}:reblogs")
}

pub(crate) const ALL_FEEDS: &str = "feed:*";
pub(crate) const RAILS_CACHE: &str = "cache:*";
pub(crate) const UNIQUE_JOBS: &str = "uniquejobs:*";
pub(crate) const SIDEKIQ_PROCESSES: &str = "processes";
pub(crate) const SIDEKIQ_QUEUES: &str = "queues";

pub(crate) fn sidekiq_queue(name: &str) -> String {
    format!("queue:{name}")
}

/// Marks a home feed that is being built anew; a key of [`crate::async_refresh`].
#[must_use]
pub fn home_regeneration(account_id: i64) -> String {
    format!("account:{account_id}:regeneration")
}

/// Marks the fetching of a conversation from other servers; a key of [`crate::async_refresh`].
#[must_use]
pub fn context_refresh(status_id: i64) -> String {
    format!("context:{status_id}:refresh")
}

/// What is still to be done before the work that `refresh` marks is finished.
pub(crate) fn refresh_parts(refresh: &str) -> String {
    format!("{refresh}:parts")
}

/// Marks the making of an annual report; a key of [`crate::async_refresh`].
#[must_use]
pub fn annual_report(account_id: i64, year: i32) -> String {
    format!("wrapstodon:{account_id}:{year}")
}

pub(crate) fn subscribed(channel: &impl fmt::Display) -> String {
    format!("subscribed:{channel}")
}

pub(crate) fn lock(name: &str) -> String {
    format!("lock:{name}")
}

/// rack-attack keeps its counters in Rails' cache, whose keys carry this prefix.
pub(crate) fn throttle(window: i64, name: &str, discriminator: &str) -> String {
    format!("cache:rack::attack:{window}:{name}:{discriminator}")
}

/// In Rails' cache, as plain text.
pub(crate) fn actor_document(account_id: i64) -> String {
    format!("cache:accounts/show:accounts/{account_id}")
}

/// Beside Rails' cache, so that it goes when that is cleared.
pub(crate) fn suggestions(account_id: i64) -> String {
    format!("cache:ferrodon/suggestions/{account_id}")
}

pub(crate) fn metric(name: &str) -> String {
    format!("cache:ferrodon/metrics/{name}")
}

pub(crate) fn rate_limit(account_id: i64, family: &str, window: i64) -> String {
    format!("rate_limit:{account_id}:{family}:{window}")
}

pub(crate) fn second_factor_attempts(user_id: i64, hour: u32) -> String {
    format!("2fa_auth_attempts:{user_id}:{hour}")
}

pub(crate) fn second_factor_warning(user_id: i64) -> String {
    format!("2fa_failure_notification:{user_id}")
}

pub(crate) fn idempotency(account_id: i64, key: &str) -> String {
    format!("idempotency:status:{account_id}:{key}")
}

pub(crate) fn email_subscriptions(account_id: i64) -> String {
    format!("email_subscriptions:{account_id}:next_batch")
}

pub(crate) fn exhausted_deliveries(host: &str) -> String {
    format!("exhausted_deliveries:{host}")
}

pub(crate) fn delete_upon_arrival(account_id: i64, uri: &str) -> String {
    format!("delete_upon_arrival:{account_id}:{uri}")
}

pub(crate) fn move_in_progress(account_id: i64) -> String {
    format!("move_in_progress:{account_id}")
}

pub(crate) fn unique_subdomains(domain: &str) -> String {
    format!("unique_subdomains_for:{domain}")
}

pub(crate) fn account_discovery(request_id: &str) -> String {
    format!("discovery_per_request:{request_id}")
}

pub(crate) fn status_discovery(request_id: &str) -> String {
    format!("status_discovery_per_request:{request_id}")
}

pub(crate) fn notification_group(account_id: i64, kind: &str) -> String {
    format!("notif-group/{account_id}/{kind}")
}

pub(crate) fn notification_unfilter_jobs(account_id: i64) -> String {
    format!("notification_unfilter_jobs:{account_id}")
}

/// Ours: Mastodon cleans up in one go and keeps no place.
pub(crate) fn clean_up(table: &str) -> String {
    format!("ferrodon:clean_up:{table}")
}

pub(crate) fn account_cleanup(account_id: i64) -> String {
    format!("account_cleanup:{account_id}")
}

pub(crate) const CLEANUP_LAST_POLICY: &str = "account_statuses_cleanup_scheduler:last_policy_id";
pub(crate) const SPAMMY_TEXTS: &str = "antispam:spammy_texts";
pub(crate) const ALL_TIME_SPAMMY_TEXTS: &str = "antispam:all_time_spammy_texts";

/// Uses of one tag, link or blocked mail domain on one day.
/// Ours alone: a status whose hashtags are counted.
pub(crate) fn counted(status_id: i64) -> String {
    format!("ferrodon:counted:{status_id}")
}

pub(crate) fn uses(prefix: &str, id: i64, day: NaiveDate) -> String {
    format!("activity:{prefix}:{id}:{}", midnight(day))
}

pub(crate) fn users(prefix: &str, id: i64, day: NaiveDate) -> String {
    format!("activity:{prefix}:{id}:{}:accounts", midnight(day))
}

pub(crate) fn trend_candidates(prefix: &str, day: NaiveDate) -> String {
    format!("{prefix}:used:{}", midnight(day))
}

pub(crate) fn activity(prefix: &str, day: NaiveDate) -> String {
    format!("{prefix}:{}", midnight(day))
}

/// Versions before 3.5 counted by ISO week.
pub(crate) fn activity_by_week(prefix: &str, day: NaiveDate) -> String {
    format!("{prefix}:{}", day.iso_week().week())
}

fn midnight(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}

pub(crate) fn day(at: DateTime<Utc>) -> NaiveDate {
    at.date_naive()
}
