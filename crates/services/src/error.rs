//! Why a verb was refused. `shared::Error` gives each its status and body; the texts are those that Mastodon's clients see.

use std::borrow::Cow;

/// What a service answers when it does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row that the client named does not exist, or is not for its eyes: 404 `Record not found`.
    #[error("Record not found")]
    NotFound,
    /// The same where Mastodon looks things up by hand (statuses, polls, media): 404 `Not Found`.
    #[error("Not Found")]
    NotFoundPlain,
    /// 404 with another text.
    #[error("{0}")]
    NotFoundBecause(Cow<'static, str>),
    /// The person may not do this: 403 `This action is not allowed`.
    #[error("This action is not allowed")]
    Forbidden,
    /// 403 with another text.
    #[error("{0}")]
    ForbiddenBecause(Cow<'static, str>),
    /// A required parameter is missing or nonsense: 400 with this text.
    #[error("{0}")]
    BadRequest(Cow<'static, str>),
    /// A model was not valid: 422 `Validation failed: …`.
    #[error(transparent)]
    Invalid(#[from] Validation),
    /// 422 with this text, as it is.
    #[error("{0}")]
    Unprocessable(Cow<'static, str>),
    /// 401 with this text.
    #[error("{0}")]
    Unauthorized(Cow<'static, str>),
    /// 429 `Too many requests`.
    #[error("Too many requests")]
    TooManyRequests,
    /// 409 with this text.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// Gone for good: 410 `Gone`.
    #[error("Gone")]
    Gone,
    /// A server or store that we need does not answer: 503 with this text.
    #[error("{0}")]
    Unavailable(Cow<'static, str>),
    /// A draft would mention accounts that its client did not expect: 422 with these accounts in the body.
    #[error("Post would be sent to unexpected accounts")]
    UnexpectedMentions(Vec<db::AccountId>),
    #[error(transparent)]
    Jobs(#[from] jobs::Error),
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    /// Anything that nobody foresaw: 500, logged once.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// 422 `Validation failed: <message>`.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(Validation::new(message))
    }

    /// 422 with a bare text.
    #[must_use]
    pub fn unprocessable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Unprocessable(message.into())
    }
}

/// What is wrong with a model: full sentences in the order found, and the same by attribute where the API shows `details`.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("Validation failed: {}", .messages.join(", "))]
pub struct Validation {
    /// `Text can't be blank`: attribute and complaint.
    pub messages: Vec<String>,
    pub details: Vec<Detail>,
    /// True: the body has `details` beside `error` (sign-up, profile updates).
    pub with_details: bool,
}

/// One complaint about one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// In the API's words: `username`, `email`, `reason`.
    pub attribute: String,
    /// `ERR_BLANK`, `ERR_TAKEN`, …
    pub code: &'static str,
    /// `can't be blank`
    pub description: String,
}

impl Validation {
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { messages: vec![message.into()], ..Self::default() }
    }

    /// Notes a complaint: `human` is the attribute's name in the sentence (`Username`).
    pub fn add(&mut self, attribute: &str, human: &str, code: &'static str, description: &str) {
        let separator = if human.is_empty() { "" } else { " " };
        self.messages.push(format!("{human}{separator}{description}"));
        self.details.push(Detail { attribute: attribute.to_owned(), code, description: description.to_owned() });
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// # Errors
    /// Itself, if there was any complaint.
    pub fn into_result(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}
