//! How much is logged and in which form: `RAILS_LOG_LEVEL` (`LOG_LEVEL` for streaming) in Rails' words, or `RUST_LOG` in full.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

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
            EnvFilter::try_new(&filter).map_err(|error| Error::invalid("RUST_LOG", error.to_string()))?;
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

    /// Sends what the process logs to standard output. Once for a process; a second call changes nothing.
    pub fn install(&self) {
        self.install_to(std::io::stdout, std::io::stdout().is_terminal());
    }

    /// The same to standard error, for commands whose output is read by other programs.
    pub fn install_for_command(&self) {
        self.install_to(std::io::stderr, std::io::stderr().is_terminal());
    }

    fn install_to<W>(&self, writer: fn() -> W, colours: bool)
    where
        W: std::io::Write + 'static,
    {
        let filter = EnvFilter::new(&self.filter);
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colours);
        // Fails only where something has begun to log already: tests.
        let _ = if self.json { lines.json().try_init() } else { lines.try_init() };
    }
}
