//! Files: uploads to be converted, remote files to be fetched, links to be previewed.

use std::time::Duration;

use db::{AccountId, MediaAttachmentId, StatusId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::error::Result;
use crate::job::{Job, Lane};

/// Converts an upload that was accepted with 202.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcessMedia {
    pub media_id: MediaAttachmentId,
}

impl Job for ProcessMedia {
    const KIND: &'static str = "process_media";
    const LANE: Lane = Lane::Media;
    const RETRIES: i16 = 1;
    const TIMEOUT: Duration = Duration::from_mins(15);
}

/// Fetches a remote attachment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadMedia {
    pub media_id: MediaAttachmentId,
}

impl Job for DownloadMedia {
    const KIND: &'static str = "download_media";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;
    const TIMEOUT: Duration = Duration::from_mins(5);

    fn dedup_key(&self) -> Option<String> {
        Some(self.media_id.to_string())
    }
}

/// Fetches the avatar of a remote account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadAvatar {
    pub account_id: AccountId,
}

impl Job for DownloadAvatar {
    const KIND: &'static str = "download_avatar";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 7;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// Fetches the header picture of a remote account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadHeader {
    pub account_id: AccountId,
}

impl Job for DownloadHeader {
    const KIND: &'static str = "download_header";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 7;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// Takes files out of the store whose rows are gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteFiles {
    /// Keys within the store.
    pub keys: Vec<String>,
}

impl Job for DeleteFiles {
    const KIND: &'static str = "delete_files";
    const LANE: Lane = Lane::Pull;
}

/// Makes the preview card of the first link in a status.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CrawlLink {
    pub status_id: StatusId,
}

impl Job for CrawlLink {
    const KIND: &'static str = "crawl_link";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 0;

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// Fetches a custom emoji of another server; its row is made or changed once the picture is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadEmoji {
    /// In the form of `accounts.domain`.
    pub domain: String,
    /// Without colons.
    pub shortcode: String,
    pub uri: Option<String>,
    pub url: String,
}

impl Job for DownloadEmoji {
    const KIND: &'static str = "download_emoji";
    const LANE: Lane = Lane::Pull;
    const RETRIES: i16 = 3;

    fn dedup_key(&self) -> Option<String> {
        Some(format!("{}@{}", self.shortcode, self.domain))
    }
}

/// The channel on which PostgreSQL tells listeners that a file was fetched, or could not be.
pub const FETCHED: &str = "ferrodon_fetched";

/// Tells those who wait; they look for themselves whether it is theirs that came.
///
/// # Errors
/// The database's.
pub async fn tell_fetched(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!("select pg_notify($1, '')", FETCHED).execute(conn).await?;
    Ok(())
}

/// An attachment is to be fetched, or just being fetched.
///
/// # Errors
/// The database's.
pub async fn is_awaited(conn: &mut PgConnection, media_id: MediaAttachmentId) -> Result<bool> {
    let awaited = sqlx::query_scalar!(
        r#"select exists (
             select from ferrodon.job j where j.kind = $2 and (j.dedup_key = $1::bigint::text
               or j.worker is not null and j.args::json ->> 'media_id' = $1::bigint::text)) as "awaited!""#,
        media_id,
        DownloadMedia::KIND,
    )
    .fetch_one(conn)
    .await?;
    Ok(awaited)
}
