//! Why an activity could not be acted on now. What is simply ignored is no error.

use activitypub::resolve_account::ResolveError;
use http_client::FetchError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Services(#[from] services::Error),
    #[error(transparent)]
    Jobs(#[from] jobs::Error),
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the same may succeed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Resolve(error) => error.is_temporary(),
            Self::Fetch(error) => error.is_temporary(),
            Self::Services(error) => !matches!(error, services::Error::Invalid(_) | services::Error::NotFound),
            // What PostgreSQL refuses for its content it refuses again.
            Self::Db(sqlx::Error::Database(error)) => !matches!(error.code().as_deref(), Some("22021" | "22P05" | "22001")),
            Self::Jobs(_) | Self::Db(_) => true,
        }
    }
}
