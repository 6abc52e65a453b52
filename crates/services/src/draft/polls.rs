//! Polls of local statuses.

use chrono::{Duration, NaiveDateTime};
use db::{AccountId, PollId, StatusId};
use sqlx::PgConnection;

use crate::error::{Error, Result, Validation};

const MAX_OPTIONS: usize = 4;
const MAX_OPTION_CHARS: usize = 50;
const SHORTEST: i64 = 5 * 60;
/// Mastodon's month: 2,629,746 seconds.
const LONGEST: i64 = 2_629_746;

/// A poll as a client asks for it.
#[derive(Debug, Clone, Default)]
pub struct PollDraft {
    pub options: Vec<String>,
    /// Seconds from now.
    pub expires_in: Option<i64>,
    pub multiple: bool,
    pub hide_totals: bool,
}

impl PollDraft {
    /// Without blanks at the ends and without empty ones.
    #[must_use]
    pub(crate) fn clean_options(&self) -> Vec<String> {
        self.options.iter().map(|option| option.replace('\0', "").trim().to_owned()).filter(|option| !option.is_empty()).collect()
    }

    /// # Errors
    /// All that is wrong with it, in Mastodon's words (recorded: `rest/polls`).
    pub(crate) fn check(&self, options: &[String]) -> Result<()> {
        let mut validation = Validation::default();
        let mut add = |attribute: &str, text: &str| validation.messages.push(format!("{attribute} {text}"));
        if options.len() < 2 {
            add("Choices", "must have more than one item");
        }
        if options.len() > MAX_OPTIONS {
            add("Choices", "can't contain more than 4 items");
        }
        if options.iter().any(|option| text::length::graphemes(option) > MAX_OPTION_CHARS) {
            add("Choices", "cannot be longer than 50 characters each");
        }
        if options.iter().enumerate().any(|(at, option)| options.iter().take(at).any(|earlier| earlier == option)) {
            add("Choices", "contain duplicate items");
        }
        match self.expires_in {
            None => add("Deadline", "can't be blank"),
            Some(seconds) if seconds > LONGEST => add("Deadline", "is too far into the future"),
            Some(seconds) if seconds < SHORTEST => add("Deadline", "is too soon"),
            Some(_) => {}
        }
        if validation.messages.is_empty() { Ok(()) } else { Err(Error::Invalid(validation)) }
    }

    /// When it ends.
    #[must_use]
    pub(crate) fn expires_at(&self, now: NaiveDateTime) -> Option<NaiveDateTime> {
        now.checked_add_signed(Duration::try_seconds(self.expires_in?)?)
    }
}

/// # Errors
/// The database fails.
pub(crate) async fn create(
    conn: &mut PgConnection,
    author: AccountId,
    status_id: StatusId,
    draft: &PollDraft,
    options: &[String],
    now: NaiveDateTime,
) -> Result<PollId> {
    let tallies = vec![0_i64; options.len()];
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO polls (account_id, status_id, expires_at, options, cached_tallies, multiple, hide_totals, votes_count,
          voters_count, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        author,
        status_id,
        draft.expires_at(now),
        options,
        &tallies,
        draft.multiple,
        draft.hide_totals
    )
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query!("UPDATE statuses SET poll_id = $1 WHERE id = $2", id, status_id).execute(conn).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::PollDraft;

    fn complaint(options: &[&str], expires_in: Option<i64>) -> String {
        let draft = PollDraft {
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            expires_in,
            ..PollDraft::default()
        };
        draft.check(&draft.clean_options()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_poll_is_judged_as_recorded() {
        assert_eq!(complaint(&["a", "b"], Some(3600)), "");
        assert_eq!(complaint(&["a", ""], Some(3600)), "Validation failed: Choices must have more than one item");
        assert_eq!(complaint(&["a", "a"], Some(3600)), "Validation failed: Choices contain duplicate items");
        assert_eq!(complaint(&["a", "b"], Some(10)), "Validation failed: Deadline is too soon");
        assert_eq!(complaint(&["a", "b"], Some(99_999_999)), "Validation failed: Deadline is too far into the future");
        assert_eq!(complaint(&["a", "b"], None), "Validation failed: Deadline can't be blank");
    }
}
