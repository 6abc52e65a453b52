//! Filters: what people do not want to read, by keyword or status by status.

mod keywords;
mod statuses;

use chrono::{Duration, NaiveDateTime};
use db::AccountId;
use sqlx::PgConnection;

pub use keywords::{KeywordChange, change_keywords, create_keyword, delete_keyword, update_keyword};
pub use statuses::{add_status, remove_status};

use crate::error::{Error, Result, Validation};

const CONTEXTS: [&str; 5] = ["home", "notifications", "public", "thread", "account"];
const ACTIONS: [&str; 3] = ["warn", "hide", "blur"];
const MAX_TITLE: usize = 256;

/// What a client wants of a filter; `None` is not said.
#[derive(Debug, Clone, Default)]
pub struct FilterDraft {
    pub title: Option<String>,
    pub context: Option<Vec<String>>,
    /// `warn`, `hide` or `blur`.
    pub action: Option<String>,
    /// `Some(None)`: for ever.
    pub expires_in: Option<Option<i64>>,
}

/// A filter as its row will be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    title: String,
    context: Vec<String>,
    action: i32,
    expires_at: Option<NaiveDateTime>,
}

impl Shape {
    fn apply(&self, draft: &FilterDraft, now: NaiveDateTime) -> Result<Self> {
        let mut found = Validation::default();
        let action = match draft.action.as_deref() {
            None => Some(self.action),
            Some(word) => ACTIONS.iter().position(|known| *known == word).and_then(|index| i32::try_from(index).ok()),
        };
        let title = draft.title.as_ref().map_or_else(|| self.title.clone(), |title| title.replace('\0', ""));
        let context = draft.context.as_ref().map_or_else(|| self.context.clone(), |context| clean(context));
        if action.is_none() {
            found.add("action", "Action", "ERR_INCLUSION", "is not included in the list");
        }
        if title.trim().is_empty() {
            found.add("title", "Title", "ERR_BLANK", "can't be blank");
        }
        if context.is_empty() {
            found.add("context", "Context", "ERR_BLANK", "can't be blank");
        }
        if title.chars().count() > MAX_TITLE {
            found.add("title", "Title", "ERR_TOO_LONG", &format!("is too long (maximum is {MAX_TITLE} characters)"));
        }
        if context.is_empty() || context.iter().any(|word| !CONTEXTS.contains(&word.as_str())) {
            found.add("context", "Context", "ERR_INVALID", "None or invalid context supplied");
        }
        found.into_result()?;
        let expires_at = match draft.expires_in {
            None => self.expires_at,
            Some(seconds) => seconds.and_then(Duration::try_seconds).and_then(|span| now.checked_add_signed(span)),
        };
        Ok(Self { title, context, action: action.unwrap_or_default(), expires_at })
    }
}

fn clean(context: &[String]) -> Vec<String> {
    context.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Answers the filter's id. Its keywords are added by [`change_keywords`].
///
/// # Errors
/// Mastodon's refusals, in its words.
pub async fn create(conn: &mut PgConnection, account: AccountId, draft: &FilterDraft, now: NaiveDateTime) -> Result<i64> {
    let empty = Shape { title: String::new(), context: Vec::new(), action: 0, expires_at: None };
    let shape = empty.apply(draft, now)?;
    Ok(sqlx::query_scalar!(
        r#"
        INSERT INTO custom_filters (account_id, phrase, context, action, expires_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id
        "#,
        account,
        shape.title,
        &shape.context,
        shape.action,
        shape.expires_at,
        now
    )
    .fetch_one(conn)
    .await?)
}

/// Answers whether anything about it changed.
///
/// # Errors
/// Mastodon's refusals; [`Error::NotFound`] if it is not the account's.
pub async fn update(
    conn: &mut PgConnection,
    account: AccountId,
    id: i64,
    draft: &FilterDraft,
    now: NaiveDateTime,
) -> Result<bool> {
    let before = sqlx::query_as!(
        Shape,
        r#"
        SELECT phrase AS title, context, action, expires_at FROM custom_filters
        WHERE id = $1 AND account_id = $2 FOR UPDATE
        "#,
        id,
        account
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound)?;
    let shape = before.apply(draft, now)?;
    if shape == before {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE custom_filters SET phrase = $2, context = $3, action = $4, expires_at = $5, updated_at = $6 WHERE id = $1",
        id,
        shape.title,
        &shape.context,
        shape.action,
        shape.expires_at,
        now
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// # Errors
/// [`Error::NotFound`] if it is not the account's.
pub async fn delete(conn: &mut PgConnection, account: AccountId, id: i64) -> Result<()> {
    let gone = sqlx::query!("DELETE FROM custom_filters WHERE id = $1 AND account_id = $2", id, account).execute(conn).await?;
    if gone.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// # Errors
/// [`Error::NotFound`] if the filter is not the account's.
pub async fn check_owner(conn: &mut PgConnection, account: AccountId, id: i64) -> Result<()> {
    sqlx::query_scalar!("SELECT id FROM custom_filters WHERE id = $1 AND account_id = $2", id, account)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(())
}
