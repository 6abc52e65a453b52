//! Polls of other servers, and votes of their people in ours.

use activitypub::document::{Note, Question};
use chrono::NaiveDateTime;
use db::{AccountId, PgConnection, PollId, StatusId};
use jobs::delivery::FederatePoll;

use crate::Inbox;
use crate::activity::Activity;
use crate::error::Result;
use crate::lookup;

/// Results of a poll of ours go to other servers at most this often.
const NEWS_AFTER: std::time::Duration = std::time::Duration::from_mins(3);

struct PollRow {
    id: PollId,
    options: Vec<String>,
    multiple: bool,
    hide_totals: bool,
    expires_at: Option<NaiveDateTime>,
}

/// True: the note was a vote in a poll of ours, whether it counts or not.
pub(super) async fn vote(inbox: &Inbox<'_>, activity: &Activity<'_>, note: Note<'_>, uri: &str) -> Result<bool> {
    let (Some(name), Some(parent)) = (note.title(), note.in_reply_to()) else { return Ok(false) };
    let mut tx = inbox.db.begin().await?;
    let parent = lookup::status(&mut tx, &inbox.config.federation, parent).await?;
    let Some(parent) = parent.filter(lookup::StatusRef::is_local) else { return Ok(false) };
    let Some(poll) = lock(&mut tx, parent.id).await? else { return Ok(false) };
    let Some(choice) = poll.options.iter().position(|option| *option == name) else { return Ok(false) };
    let now = inbox.config.clock.now_naive();
    if poll.expires_at.is_none_or(|end| end > now)
        && count(&mut tx, &poll, activity.actor.id, choice, uri).await?
        && !poll.hide_totals
    {
        jobs::enqueue_in(&mut tx, &FederatePoll { status_id: parent.id }, NEWS_AFTER).await?;
    }
    activity.commit(tx).await?;
    Ok(true)
}

async fn lock(conn: &mut PgConnection, status_id: StatusId) -> Result<Option<PollRow>, sqlx::Error> {
    sqlx::query_as!(
        PollRow,
        "SELECT p.id, p.options, p.multiple, p.hide_totals, p.expires_at
         FROM statuses s JOIN polls p ON p.id = s.poll_id WHERE s.id = $1 FOR NO KEY UPDATE OF p",
        status_id
    )
    .fetch_optional(conn)
    .await
}

/// False: the account has voted already.
async fn count(conn: &mut PgConnection, poll: &PollRow, voter: AccountId, choice: usize, uri: &str) -> Result<bool, sqlx::Error> {
    let Ok(choice) = i32::try_from(choice) else { return Ok(false) };
    let before = sqlx::query_scalar!("SELECT choice FROM poll_votes WHERE poll_id = $1 AND account_id = $2", poll.id, voter)
        .fetch_all(&mut *conn)
        .await?;
    if before.contains(&choice) || (!poll.multiple && !before.is_empty()) {
        return Ok(false);
    }
    sqlx::query!(
        "INSERT INTO poll_votes (poll_id, account_id, choice, uri, created_at, updated_at)
         VALUES ($1, $2, $3, $4, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')",
        poll.id,
        voter,
        choice,
        uri
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        r#"
        UPDATE polls
        SET cached_tallies[$2 + 1] = COALESCE(cached_tallies[$2 + 1], 0) + 1, votes_count = votes_count + 1,
          voters_count = voters_count + $3, lock_version = lock_version + 1, updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        poll.id,
        choice,
        i64::from(before.is_empty())
    )
    .execute(conn)
    .await?;
    Ok(true)
}

pub(crate) async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    question: Question<'_>,
    now: NaiveDateTime,
) -> Result<PollId, sqlx::Error> {
    let (options, tallies) = (question.options(), question.cached_tallies());
    sqlx::query_scalar!(
        r#"
        INSERT INTO polls (account_id, status_id, expires_at, options, cached_tallies, multiple, hide_totals, votes_count,
          voters_count, last_fetched_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, false, $7, $8, $9, $9, $9)
        RETURNING id
        "#,
        account_id,
        status_id,
        question.expires_at(now),
        &options,
        &tallies,
        question.multiple(),
        tallies.iter().fold(0_i64, |sum, tally| sum.saturating_add(*tally)),
        question.voters_count(),
        now
    )
    .fetch_one(conn)
    .await
}
