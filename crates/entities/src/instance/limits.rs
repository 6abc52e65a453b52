//! Limits that clients must know; the same figures as Mastodon's.

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct StatusLimits {
    pub max_characters: u32,
    pub max_media_attachments: u32,
    pub characters_reserved_per_url: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct MediaLimits {
    pub supported_mime_types: &'static [&'static str],
    /// Only in the newer version of the entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description_limit: Option<u32>,
    pub image_size_limit: u32,
    pub image_matrix_limit: u32,
    pub video_size_limit: u32,
    pub video_frame_rate_limit: u32,
    pub video_matrix_limit: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct PollLimits {
    pub max_options: u32,
    pub max_characters_per_option: u32,
    /// Seconds.
    pub min_expiration: u32,
    pub max_expiration: u32,
}

pub(super) const MAX_FEATURED_TAGS: u32 = 10;

pub(super) fn statuses() -> StatusLimits {
    StatusLimits { max_characters: 500, max_media_attachments: 4, characters_reserved_per_url: 23 }
}

pub(super) fn media(description_limit: Option<u32>) -> MediaLimits {
    MediaLimits {
        supported_mime_types: media::advertised_types(),
        description_limit,
        image_size_limit: 16 * 1024 * 1024,
        image_matrix_limit: 33_177_600,
        video_size_limit: 99 * 1024 * 1024,
        video_frame_rate_limit: 120,
        video_matrix_limit: 8_294_400,
    }
}

pub(super) fn polls() -> PollLimits {
    PollLimits { max_options: 4, max_characters_per_option: 50, min_expiration: 300, max_expiration: 2_629_746 }
}
