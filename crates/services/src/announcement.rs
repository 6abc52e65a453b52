//! What administrators tell everybody here.

use chrono::NaiveDateTime;
use db::PgConnection;
use jobs::feed::{PublishAnnouncement, WithdrawAnnouncement};

use crate::error::{Error, Result};

/// An announcement that is to be made.
#[derive(Debug, Clone, Default)]
pub struct NewAnnouncement {
    pub text: String,
    /// What it is about begins and ends; it is taken back after the end.
    pub starts_at: Option<NaiveDateTime>,
    pub ends_at: Option<NaiveDateTime>,
    /// Only the dates count.
    pub all_day: bool,
    /// `None`, or a time that has passed: at once.
    pub scheduled_at: Option<NaiveDateTime>,
}

/// Stores it, and publishes it unless its time is still to come. Answers its id.
///
/// # Errors
/// It says nothing, or it ends without a beginning.
pub async fn create(conn: &mut PgConnection, new: &NewAnnouncement, now: NaiveDateTime) -> Result<i64> {
    if new.text.trim().is_empty() {
        return Err(Error::unprocessable("an announcement needs a text"));
    }
    if new.ends_at.is_some() && new.starts_at.is_none() {
        return Err(Error::unprocessable("what ends must begin: say when it starts"));
    }
    let waits = new.scheduled_at.is_some_and(|at| at > now);
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO announcements (text, starts_at, ends_at, all_day, scheduled_at, published, published_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, NOT $6, CASE WHEN $6 THEN NULL ELSE $7::timestamp END, $7, $7)
        RETURNING id
        "#,
        new.text.trim(),
        new.starts_at,
        new.ends_at,
        new.all_day,
        new.scheduled_at,
        waits,
        now
    )
    .fetch_one(&mut *conn)
    .await?;
    if !waits {
        jobs::enqueue(conn, &PublishAnnouncement { announcement_id: id }).await?;
    }
    Ok(id)
}

/// Shows it to everybody from now on.
///
/// # Errors
/// There is no such announcement.
pub async fn publish(conn: &mut PgConnection, id: i64, now: NaiveDateTime) -> Result<()> {
    let published = sqlx::query!(
        "UPDATE announcements SET published = true, published_at = $2, scheduled_at = NULL, updated_at = $2 WHERE id = $1",
        id,
        now
    )
    .execute(&mut *conn)
    .await?;
    if published.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    Ok(jobs::enqueue(conn, &PublishAnnouncement { announcement_id: id }).await?)
}

/// Shows it to nobody any more, but keeps it.
///
/// # Errors
/// There is no such announcement.
pub async fn withdraw(conn: &mut PgConnection, id: i64, now: NaiveDateTime) -> Result<()> {
    let withdrawn =
        sqlx::query!("UPDATE announcements SET published = false, scheduled_at = NULL, updated_at = $2 WHERE id = $1", id, now)
            .execute(&mut *conn)
            .await?;
    if withdrawn.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    Ok(jobs::enqueue(conn, &WithdrawAnnouncement { announcement_id: id }).await?)
}

/// Takes it away with its reactions.
///
/// # Errors
/// There is no such announcement.
pub async fn delete(conn: &mut PgConnection, id: i64) -> Result<()> {
    let published = sqlx::query_scalar!("DELETE FROM announcements WHERE id = $1 RETURNING published", id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    if published {
        jobs::enqueue(conn, &WithdrawAnnouncement { announcement_id: id }).await?;
    }
    Ok(())
}

/// Withdraws what has ended, and answers what is due by `until`, each with its time.
///
/// # Errors
/// The database fails.
pub async fn turn_over(conn: &mut PgConnection, now: NaiveDateTime, until: NaiveDateTime) -> Result<Vec<(i64, NaiveDateTime)>> {
    let ended =
        sqlx::query_scalar!("SELECT id FROM announcements WHERE published AND ends_at <= $1", now).fetch_all(&mut *conn).await?;
    for id in ended {
        withdraw(conn, id, now).await?;
    }
    let due = sqlx::query!(
        r#"SELECT id, scheduled_at AS "at!" FROM announcements WHERE NOT published AND scheduled_at <= $1 ORDER BY scheduled_at"#,
        until
    )
    .fetch_all(conn)
    .await?;
    Ok(due.into_iter().map(|row| (row.id, row.at)).collect())
}
