//! Follows and requests as rows, with what hangs on them: notifications, feeds, places in lists. Who is told of them is the callers'
//! affair, ours or the inbox's; so is counting, which comes last before the commit.

use db::counters::{self, AccountDelta};
use db::{AccountId, PgConnection};

use crate::error::Result;
use crate::feeds;

/// A follow or a request that was, as the activity about its end names it.
#[derive(Debug, Clone)]
pub struct Ended {
    pub id: i64,
    pub uri: Option<String>,
}

/// A request that was granted.
#[derive(Debug, Clone)]
pub struct Granted {
    pub request: Ended,
    /// `None`: the follow stood already.
    pub follow_id: Option<i64>,
}

/// Makes a follow of a request, on its terms. `None`: there is no such request.
///
/// # Errors
/// The database fails.
pub async fn grant(conn: &mut PgConnection, from: AccountId, to: AccountId) -> Result<Option<Granted>> {
    let made = sqlx::query!(
        r#"
        WITH request AS (
          SELECT id, show_reblogs, notify, languages, uri FROM follow_requests
          WHERE account_id = $1 AND target_account_id = $2 FOR UPDATE
        ), made AS (
          INSERT INTO follows (account_id, target_account_id, show_reblogs, notify, languages, uri, created_at, updated_at)
          SELECT $1, $2, r.show_reblogs, r.notify, r.languages, r.uri, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
          FROM request r
          ON CONFLICT (account_id, target_account_id) DO NOTHING
          RETURNING id
        )
        SELECT r.id, r.uri, (SELECT id FROM made) AS follow_id FROM request r
        "#,
        from,
        to
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(made) = made else { return Ok(None) };
    if let Some(follow_id) = made.follow_id {
        // Else the places in lists would go with the request.
        sqlx::query!(
            "UPDATE list_accounts SET follow_request_id = NULL, follow_id = $2 WHERE follow_request_id = $1",
            made.id,
            follow_id
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!("DELETE FROM follow_requests WHERE id = $1", made.id).execute(&mut *conn).await?;
    forget_notification(conn, "FollowRequest", made.id).await?;
    if made.follow_id.is_some() && is_local(conn, from).await? {
        let lists = feeds::lists_with(conn, from, to).await?;
        feeds::merge(conn, to, from, &lists).await?;
    }
    Ok(Some(Granted { request: Ended { id: made.id, uri: made.uri }, follow_id: made.follow_id }))
}

/// Takes a follow away, with what it brought into feeds and its places in lists.
///
/// # Errors
/// The database fails.
pub async fn end(conn: &mut PgConnection, from: AccountId, to: AccountId) -> Result<Option<Ended>> {
    let local = is_local(conn, from).await?;
    let lists = if local { feeds::lists_with(conn, from, to).await? } else { Vec::new() };
    let gone = sqlx::query_as!(
        Ended,
        "DELETE FROM follows WHERE account_id = $1 AND target_account_id = $2 RETURNING id, uri",
        from,
        to
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(gone) = gone else { return Ok(None) };
    forget_notification(conn, "Follow", gone.id).await?;
    if local {
        sqlx::query!("DELETE FROM account_pins WHERE account_id = $1 AND target_account_id = $2", from, to)
            .execute(&mut *conn)
            .await?;
        sqlx::query!("DELETE FROM list_accounts WHERE list_id = ANY($1) AND account_id = $2", &lists, to)
            .execute(&mut *conn)
            .await?;
        feeds::unmerge(conn, to, from, &lists).await?;
    }
    Ok(Some(gone))
}

/// Takes a request away.
///
/// # Errors
/// The database fails.
pub async fn end_request(conn: &mut PgConnection, from: AccountId, to: AccountId) -> Result<Option<Ended>> {
    let gone = sqlx::query_as!(
        Ended,
        "DELETE FROM follow_requests WHERE account_id = $1 AND target_account_id = $2 RETURNING id, uri",
        from,
        to
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(gone) = &gone {
        forget_notification(conn, "FollowRequest", gone.id).await?;
    }
    Ok(gone)
}

async fn is_local(conn: &mut PgConnection, account: AccountId) -> Result<bool> {
    let local =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM accounts WHERE id = $1 AND domain IS NULL) AS "local!""#, account)
            .fetch_one(conn)
            .await?;
    Ok(local)
}

/// A follow or request that is gone is no news.
pub(crate) async fn forget_notification(conn: &mut PgConnection, class: &str, id: i64) -> Result<()> {
    sqlx::query!("DELETE FROM notifications WHERE activity_type = $1 AND activity_id = $2", class, id).execute(conn).await?;
    Ok(())
}

/// Follows that were made or ended, to be counted all at once: last before the commit.
#[derive(Debug, Default)]
pub struct FollowCount(Vec<AccountDelta>);

impl FollowCount {
    /// `by`: 1 for a follow that was made, -1 for one that ended.
    pub fn add(&mut self, follower: AccountId, followed: AccountId, by: i64) {
        self.0.push(AccountDelta { account_id: follower, following: by, ..AccountDelta::default() });
        self.0.push(AccountDelta { account_id: followed, followers: by, ..AccountDelta::default() });
    }

    /// # Errors
    /// The database fails.
    pub async fn write(self, conn: &mut PgConnection) -> Result<()> {
        counters::add_to_accounts(conn, &self.0).await?;
        Ok(())
    }
}

/// The same for a single follow.
///
/// # Errors
/// The database fails.
pub async fn count(conn: &mut PgConnection, follower: AccountId, followed: AccountId, by: i64) -> Result<()> {
    let mut count = FollowCount::default();
    count.add(follower, followed, by);
    count.write(conn).await
}
