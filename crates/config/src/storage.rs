//! Where files lie and under which address they are served.

use std::path::PathBuf;

use crate::federation::Federation;
use crate::source::{Error, Source};

#[derive(Debug, Clone)]
pub struct Storage {
    /// `PAPERCLIP_ROOT_PATH`; `./public/system` as in a Mastodon checkout.
    pub root: PathBuf,
    /// Full address that paths are appended to, without a slash at its end: `https://host/system`, or that of `CDN_HOST`.
    pub url: String,
    pub ffmpeg: String,
    pub ffprobe: String,
}

impl Storage {
    pub(crate) fn read(source: &Source, federation: &Federation) -> Result<Self, Error> {
        for name in ["S3_ENABLED", "SWIFT_ENABLED", "AZURE_ENABLED"] {
            if source.flag(name) {
                return Err(Error::invalid(name, "this version keeps files on disk only (PAPERCLIP_ROOT_PATH)"));
            }
        }
        let root_url = source.text("PAPERCLIP_ROOT_URL").unwrap_or_else(|| "/system".to_owned());
        let url = if root_url.starts_with('/') {
            let host = source.text("CDN_HOST").unwrap_or_else(|| federation.base_url());
            format!("{}{}", host.trim_end_matches('/'), root_url.trim_end_matches('/'))
        } else {
            root_url.trim_end_matches('/').to_owned()
        };
        Ok(Self {
            root: source.text("PAPERCLIP_ROOT_PATH").map_or_else(|| PathBuf::from("public/system"), PathBuf::from),
            url,
            ffmpeg: source.text("FFMPEG_BINARY").unwrap_or_else(|| "ffmpeg".to_owned()),
            ffprobe: source.text("FFPROBE_BINARY").unwrap_or_else(|| "ffprobe".to_owned()),
        })
    }
}
