//! How much is logged: `RAILS_LOG_LEVEL` (`LOG_LEVEL` for streaming) in Rails' words, or `RUST_LOG` in full.

use crate::source::{Error, Source};

#[derive(Debug, Clone)]
pub struct Logging {
    /// A filter in the language of `RUST_LOG`.
    pub filter: String,
    /// `FERRODON_LOG_FORMAT=json` for machines; text otherwise.
    pub json: bool,
}

impl Logging {
    pub(crate) fn read(source: &Source) -> Result<Self, Error> {
        let filter = if let Some(filter) = source.text("RUST_LOG") {
            filter
        } else {
            let level = source.text("RAILS_LOG_LEVEL").or_else(|| source.text("LOG_LEVEL")).unwrap_or_else(|| "info".to_owned());
            match level.to_lowercase().as_str() {
                // Mastodon's `info` has one line for each request; ours too, and no more.
                "debug" | "silly" | "verbose" => "info,ferrodon=debug".to_owned(),
                "info" | "http" => "warn,ferrodon=info".to_owned(),
                "warn" => "warn".to_owned(),
                "error" | "fatal" | "unknown" | "silent" => "error".to_owned(),
                other => {
                    return Err(Error::invalid("RAILS_LOG_LEVEL", format!("{other:?} is not debug, info, warn, error or fatal")));
                }
            }
        };
        Ok(Self { filter, json: source.text("FERRODON_LOG_FORMAT").is_some_and(|value| value == "json") })
    }
}
