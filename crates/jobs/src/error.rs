//! What can go wrong when work is asked for.

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    #[error("a job could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a loop of the worker ended: {0}")]
    Crashed(String),
}

pub type Result<T> = std::result::Result<T, Error>;
