//! Polls of edited posts, and news of their votes.

use std::time::Duration;

use activitypub::document::{Note, Question};
use db::{PgConnection, PollId};
use jobs::feed::PollExpired;

use super::StatusRow;
use crate::Inbox;
use crate::create::poll::insert;
use crate::error::Result;

/// The end of somebody else's poll is looked at a little later than its own server does.
const PATIENCE: Duration = Duration::from_mins(5);

/// True if another question is asked now. Without `may_ask_anew` only the tallies are taken over.
pub(super) async fn update(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    row: &StatusRow,
    note: Note<'_>,
    may_ask_anew: bool,
) -> Result<bool> {
    let now = inbox.config.clock.now_naive();
    let question = Question(note.0);
    let known = match row.poll_id {
        Some(id) => {
            sqlx::query!("SELECT id, options, multiple, expires_at FROM polls WHERE id = $1 FOR NO KEY UPDATE", id)
                .fetch_optional(&mut *conn)
                .await?
        }
        None => None,
    };
    let Some(known) = known else {
        if !may_ask_anew || !question.is_valid() {
            return Ok(false);
        }
        let id = insert(conn, row.account_id, row.id, question, now).await?;
        sqlx::query!("UPDATE statuses SET poll_id = $2 WHERE id = $1", row.id, id).execute(conn).await?;
        return Ok(true);
    };
    if !question.is_valid() {
        if may_ask_anew {
            sqlx::query!("UPDATE statuses SET poll_id = NULL WHERE id = $1", row.id).execute(&mut *conn).await?;
            sqlx::query!("DELETE FROM polls WHERE id = $1", known.id).execute(conn).await?;
        }
        return Ok(may_ask_anew);
    }
    let options = question.options();
    let asks_anew = options != known.options || question.multiple() != known.multiple;
    if asks_anew && !may_ask_anew {
        return Ok(false);
    }
    if asks_anew {
        sqlx::query!("DELETE FROM poll_votes WHERE poll_id = $1", known.id).execute(&mut *conn).await?;
    }
    let expires_at = question.expires_at(now);
    store(conn, known.id, question, &options, expires_at, now).await?;
    if expires_at != known.expires_at && has_local_voters(conn, known.id).await? {
        let left = expires_at.map(|end| (end - now).to_std().unwrap_or_default());
        if let Some(left) = left {
            jobs::enqueue_in(conn, &PollExpired { poll_id: known.id }, left + PATIENCE).await?;
        }
    }
    Ok(asks_anew)
}

async fn store(
    conn: &mut PgConnection,
    id: PollId,
    question: Question<'_>,
    options: &[String],
    expires_at: Option<chrono::NaiveDateTime>,
    now: chrono::NaiveDateTime,
) -> Result<(), sqlx::Error> {
    let tallies = question.cached_tallies();
    sqlx::query!(
        r#"
        UPDATE polls SET options = $2, multiple = $3, expires_at = $4, cached_tallies = $5, votes_count = $6, voters_count = $7,
          last_fetched_at = $8, updated_at = $8, lock_version = lock_version + 1
        WHERE id = $1
        "#,
        id,
        options,
        question.multiple(),
        expires_at,
        &tallies,
        tallies.iter().fold(0_i64, |sum, tally| sum.saturating_add(*tally)),
        question.voters_count(),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn has_local_voters(conn: &mut PgConnection, id: PollId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM poll_votes v JOIN accounts a ON a.id = v.account_id
                          WHERE v.poll_id = $1 AND a.domain IS NULL) AS "voted!""#,
        id
    )
    .fetch_one(conn)
    .await
}
