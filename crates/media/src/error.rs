//! What can go wrong with a file, sorted by who is to blame.

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is of a kind or size that is not taken: 422 with exactly this text.
    #[error("{0}")]
    Refused(String),
    /// The file claims to be of an accepted kind but cannot be worked on: 500 with this text, as Mastodon answers.
    /// The field says why, for the log.
    #[error("Error processing thumbnail for uploaded media")]
    Processing(String),
    /// The disk or a tool of this server failed.
    #[error("media storage: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// `Validation failed: <attribute> <complaint>, …` as Rails joins several complaints.
    pub(crate) fn validation<S: AsRef<str>>(attribute: &str, complaints: &[S]) -> Self {
        let list: Vec<String> = complaints.iter().map(|text| format!("{attribute} {}", text.as_ref())).collect();
        Self::Refused(format!("Validation failed: {}", list.join(", ")))
    }

    pub(crate) fn processing(cause: impl std::fmt::Display) -> Self {
        Self::Processing(cause.to_string())
    }
}
