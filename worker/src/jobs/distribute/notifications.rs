//! Who is told of a status, and of what was made of it.

use db::{AccountId, NotificationId, PgConnection};
use services::notify::{Event, notify_many};

use super::subject::Subject;
use crate::registry::JobError;

/// Whom the status mentions and who was told so; what their policy keeps back is not among them.
#[derive(Debug, Clone, Default)]
pub(in crate::jobs) struct Notified {
    pub(in crate::jobs) mentioned: Vec<AccountId>,
}

/// Of a new status: the mentioned, the quoted and the boosted.
pub(in crate::jobs) async fn of_new(conn: &mut PgConnection, subject: &Subject) -> Result<Notified, JobError> {
    let mut events = mentions(conn, subject).await?;
    let quote = sqlx::query!(
        r#"
        SELECT q.id, q.quoted_account_id AS "quoted!" FROM quotes q JOIN accounts a ON a.id = q.quoted_account_id AND a.domain IS NULL
        WHERE q.status_id = $1 AND q.state = 1
        "#,
        subject.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    events.extend(quote.map(|quote| Event::quote(quote.quoted, subject.account_id, quote.id)));
    if let Some(original) = subject.reblog_of {
        let author = sqlx::query_scalar!(
            "SELECT s.account_id FROM statuses s JOIN accounts a ON a.id = s.account_id AND a.domain IS NULL WHERE s.id = $1",
            original
        )
        .fetch_optional(&mut *conn)
        .await?;
        events.extend(author.map(|author| Event::reblog(author, subject.account_id, subject.id)));
    }
    let made = notify_many(conn, &events).await?;
    Ok(Notified { mentioned: visible_mentions(conn, &made).await? })
}

async fn mentions(conn: &mut PgConnection, subject: &Subject) -> Result<Vec<Event>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT m.id, m.account_id AS "account_id!" FROM mentions m JOIN accounts a ON a.id = m.account_id AND a.domain IS NULL
        WHERE m.status_id = $1 AND NOT m.silent
        ORDER BY m.id
        "#,
        subject.id
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| Event::mention(row.account_id, subject.account_id, row.id)).collect())
}

async fn visible_mentions(conn: &mut PgConnection, made: &[NotificationId]) -> Result<Vec<AccountId>, sqlx::Error> {
    sqlx::query_scalar!("SELECT account_id FROM notifications WHERE id = ANY($1) AND type = 'mention' AND NOT filtered", made)
        .fetch_all(conn)
        .await
}

/// Followers who want to hear of each status of its author.
pub(in crate::jobs) async fn of_followed(
    conn: &mut PgConnection,
    subject: &Subject,
    followers: &[AccountId],
) -> anyhow::Result<()> {
    let events: Vec<Event> = followers.iter().map(|follower| Event::status(*follower, subject.account_id, subject.id)).collect();
    notify_many(conn, &events).await?;
    Ok(())
}

/// Of an edit: whom it mentions now, and those here who boosted or quoted the status. Answers the mentioned.
pub(in crate::jobs) async fn of_edit(conn: &mut PgConnection, subject: &Subject) -> Result<Vec<AccountId>, JobError> {
    let mut events = mentions(conn, subject).await?;
    let mentioned = events.iter().map(|event| event.recipient).collect();
    let boosters = sqlx::query_scalar!(
        r#"
        SELECT s.account_id FROM statuses s JOIN accounts a ON a.id = s.account_id AND a.domain IS NULL
        WHERE s.reblog_of_id = $1 AND s.deleted_at IS NULL
        ORDER BY s.id
        "#,
        subject.id
    )
    .fetch_all(&mut *conn)
    .await?;
    events.extend(boosters.into_iter().map(|booster| Event::update(booster, subject.account_id, subject.id)));
    let quotes = sqlx::query!(
        r#"
        SELECT q.id, q.account_id FROM quotes q JOIN accounts a ON a.id = q.account_id AND a.domain IS NULL
        WHERE q.quoted_status_id = $1 AND q.state = 1
        ORDER BY q.id
        "#,
        subject.id
    )
    .fetch_all(&mut *conn)
    .await?;
    events.extend(quotes.into_iter().map(|quote| Event::quoted_update(quote.account_id, subject.account_id, quote.id)));
    notify_many(conn, &events).await?;
    Ok(mentioned)
}

/// The end of a poll: its author, if they are ours, and those here who voted.
pub(in crate::jobs) async fn of_poll_end(conn: &mut PgConnection, poll: db::PollId) -> Result<(), JobError> {
    let rows = sqlx::query!(
        r#"
        SELECT p.account_id AS "author!", told.id AS "recipient!"
        FROM polls p
        JOIN LATERAL (
            SELECT p.account_id AS id
            UNION SELECT v.account_id FROM poll_votes v WHERE v.poll_id = p.id
        ) AS told ON true
        JOIN accounts a ON a.id = told.id AND a.domain IS NULL
        WHERE p.id = $1
        ORDER BY told.id
        "#,
        poll
    )
    .fetch_all(&mut *conn)
    .await?;
    let events: Vec<Event> = rows.into_iter().map(|row| Event::poll(row.recipient, row.author, poll)).collect();
    notify_many(conn, &events).await?;
    Ok(())
}
