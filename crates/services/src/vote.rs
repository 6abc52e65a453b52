//! Votes of local people in polls of anybody.

use std::time::Duration;

use activitypub::render::activity;
use chrono::NaiveDateTime;
use config::Config;
use db::statuses::Visibility;
use db::uri::Uris;
use db::{AccountId, PollId, StatusId};
use jobs::DeliveryOptions;
use jobs::delivery::FederatePoll;
use jobs::feed::PollExpired;
use sqlx::PgConnection;

use crate::error::{Error, Result, Validation};
use crate::subject;
use crate::visibility::is_visible;

/// Results of a poll of ours go to other servers at most this often.
const NEWS_AFTER: Duration = Duration::from_mins(3);
/// The end of somebody else's poll is looked at a little later than its own server does.
const PATIENCE: Duration = Duration::from_mins(5);

struct PollRow {
    id: PollId,
    account_id: AccountId,
    status_id: StatusId,
    options: Vec<String>,
    cached_tallies: Vec<i64>,
    multiple: bool,
    hide_totals: bool,
    expires_at: Option<NaiveDateTime>,
    visibility: i32,
    /// Of the author; `None` if local.
    domain: Option<String>,
    author_uri: String,
    inbox_url: String,
    status_uri: Option<String>,
    blocked: bool,
}

/// The status of a poll that the viewer may see.
///
/// # Errors
/// [`Error::NotFoundPlain`] if there is no such poll, or not for the viewer's eyes.
pub async fn visible_poll(conn: &mut PgConnection, viewer: Option<AccountId>, id: PollId) -> Result<StatusId> {
    let status = sqlx::query_scalar!("SELECT status_id FROM polls WHERE id = $1", id).fetch_optional(&mut *conn).await?;
    let status = status.ok_or(Error::NotFoundPlain)?;
    if is_visible(conn, viewer, status).await? { Ok(status) } else { Err(Error::NotFoundPlain) }
}

/// Votes for each of `choices`, all or none.
///
/// # Errors
/// As [`visible_poll`]; [`Error::Forbidden`] where one of both blocks the other; 422 with Mastodon's words for what cannot be
/// chosen (recorded: `rest/polls`).
pub async fn vote(conn: &mut PgConnection, config: &Config, account: AccountId, id: PollId, choices: &[i64]) -> Result<()> {
    visible_poll(conn, Some(account), id).await?;
    let mut poll = lock(conn, account, id).await?.ok_or(Error::NotFoundPlain)?;
    if poll.blocked {
        return Err(Error::Forbidden);
    }
    let mut chosen: Vec<i32> =
        sqlx::query_scalar!("SELECT choice FROM poll_votes WHERE poll_id = $1 AND account_id = $2", id, account)
            .fetch_all(&mut *conn)
            .await?;
    let is_first = chosen.is_empty();
    let now = config.clock.now_naive();
    let mut made: Vec<i32> = Vec::new();
    for choice in choices {
        let index = poll.check(account, now, &chosen, *choice)?;
        chosen.push(index);
        made.push(index);
        if let Some(tally) = usize::try_from(index).ok().and_then(|index| poll.cached_tallies.get_mut(index)) {
            *tally += 1;
        }
    }
    let votes = store(conn, &poll, account, &made, is_first, now).await?;
    match poll.domain {
        None => tell_servers(conn, &poll).await,
        Some(_) => tell_author(conn, config, account, &poll, &made, &votes).await,
    }
}

impl PollRow {
    /// The choice as a column holds it.
    fn check(&self, account: AccountId, now: NaiveDateTime, chosen: &[i32], choice: i64) -> Result<i32> {
        let mut found = Validation::default();
        let mut add = |text: &str| found.messages.push(text.to_owned());
        if self.expires_at.is_some_and(|end| end < now) {
            add("The poll has already ended");
        }
        let index = i32::try_from(choice).ok().filter(|_| usize::try_from(choice).is_ok_and(|index| index < self.options.len()));
        if index.is_none() {
            add("The chosen vote option does not exist");
        }
        if self.account_id == account {
            add("You cannot vote in your own polls");
        }
        let again = if self.multiple { index.is_some_and(|index| chosen.contains(&index)) } else { !chosen.is_empty() };
        if again {
            add("You have already voted on this poll");
        }
        found.into_result()?;
        index.ok_or_else(|| Error::invalid("The chosen vote option does not exist"))
    }
}

async fn lock(conn: &mut PgConnection, account: AccountId, id: PollId) -> Result<Option<PollRow>> {
    let row = sqlx::query_as!(
        PollRow,
        r#"
        SELECT p.id, p.account_id, p.status_id, p.options, p.cached_tallies, p.multiple, p.hide_totals, p.expires_at,
          s.visibility, a.domain, a.uri AS author_uri, a.inbox_url, s.uri AS status_uri,
          EXISTS (SELECT 1 FROM blocks b WHERE (b.account_id, b.target_account_id) IN (($2, p.account_id), (p.account_id, $2)))
            AS "blocked!"
        FROM polls p
        JOIN statuses s ON s.id = p.status_id
        JOIN accounts a ON a.id = p.account_id
        WHERE p.id = $1
        FOR NO KEY UPDATE OF p
        "#,
        id,
        account
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

/// Ids of the votes, in the order of `choices`.
async fn store(
    conn: &mut PgConnection,
    poll: &PollRow,
    account: AccountId,
    choices: &[i32],
    is_first: bool,
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    let votes = sqlx::query_scalar!(
        r#"
        INSERT INTO poll_votes (poll_id, account_id, choice, created_at, updated_at)
        SELECT $1, $2, c.choice, $4, $4 FROM unnest($3::int[]) WITH ORDINALITY AS c (choice, place) ORDER BY c.place
        RETURNING id
        "#,
        poll.id,
        account,
        choices,
        now
    )
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!(
        r#"
        UPDATE polls
        SET cached_tallies = $2, votes_count = (SELECT COALESCE(sum(t), 0)::bigint FROM unnest($2::bigint[]) AS t),
          voters_count = voters_count + $3, updated_at = $4, lock_version = lock_version + 1
        WHERE id = $1
        "#,
        poll.id,
        &poll.cached_tallies,
        i64::from(is_first && !choices.is_empty()),
        now
    )
    .execute(conn)
    .await?;
    Ok(votes)
}

/// While results are hidden there is nothing to tell.
async fn tell_servers(conn: &mut PgConnection, poll: &PollRow) -> Result<()> {
    if !poll.hide_totals && Visibility::from_column(poll.visibility) != Visibility::Limited {
        jobs::enqueue_in(conn, &FederatePoll { status_id: poll.status_id }, NEWS_AFTER).await?;
    }
    Ok(())
}

async fn tell_author(
    conn: &mut PgConnection,
    config: &Config,
    account: AccountId,
    poll: &PollRow,
    choices: &[i32],
    votes: &[i64],
) -> Result<()> {
    let uris = Uris::new(&config.federation.base_url());
    let actor = subject::actor_uri(conn, &uris, account).await?;
    let status = poll.status_uri.as_deref().unwrap_or_default();
    for (choice, vote) in choices.iter().zip(votes) {
        let Some(option) = usize::try_from(*choice).ok().and_then(|index| poll.options.get(index)) else { continue };
        let document = subject::document(activity::vote(*vote, &actor, option, status, &poll.author_uri))?;
        let options = DeliveryOptions { object: Some(poll.status_id), ..DeliveryOptions::default() };
        jobs::deliver_to(conn, account, document.as_bytes(), std::slice::from_ref(&poll.inbox_url), options).await?;
    }
    if let Some(end) = poll.expires_at {
        let left = (end - config.clock.now_naive()).to_std().unwrap_or_default();
        jobs::enqueue_in(conn, &PollExpired { poll_id: poll.id }, left + PATIENCE).await?;
    }
    Ok(())
}
