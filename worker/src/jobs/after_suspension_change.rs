//! What follows when an account was suspended, or no longer is. Looks at the row for which of both, so that a job that comes late
//! does what is right by then.

use chrono::Duration;
use db::{AccountId, ListId};
use jobs::account::{AfterSuspensionChange, RefreshAccount};
use jobs::delivery::FederateAccountUpdate;
use jobs::feed::{Feed, MergeFeed, UnmergeFeed};
use media::paths::{self, Attachment};
use services::follow::unfollow;

use crate::context::Context;
use crate::registry::JobError;

/// Rows of one piece.
const PIECE: i64 = 500;

pub(crate) async fn run(context: &Context, job: AfterSuspensionChange) -> Result<(), JobError> {
    let account = job.account_id;
    let mut tx = context.db.begin().await?;
    let row = sqlx::query!(
        r#"SELECT domain IS NULL AS "local!", suspended_at IS NOT NULL AS "suspended!" FROM accounts WHERE id = $1"#,
        account
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(JobError::Discard("the account is gone"))?;
    if row.local {
        jobs::enqueue(&mut tx, &FederateAccountUpdate { account_id: account }).await?;
    } else if !row.suspended {
        // What it said while nobody listened.
        jobs::enqueue(&mut tx, &RefreshAccount { account_id: account }).await?;
    }
    if row.suspended {
        sqlx::query!("DELETE FROM status_trends WHERE account_id = $1", account).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    if row.suspended && !row.local {
        reject_followers(context, account).await?;
    }
    change_feeds(context, account, row.suspended).await?;
    set_public(context, account, !row.suspended).await
}

/// Unlike ours, an account elsewhere goes on reading, so it must not go on following.
async fn reject_followers(context: &Context, account: AccountId) -> Result<(), JobError> {
    loop {
        let followed = sqlx::query_scalar!(
            r#"
            SELECT f.target_account_id FROM follows f JOIN accounts a ON a.id = f.target_account_id AND a.domain IS NULL
            WHERE f.account_id = $1 ORDER BY f.id LIMIT $2
            "#,
            account,
            PIECE
        )
        .fetch_all(&mut *context.db.acquire().await?)
        .await?;
        if followed.is_empty() {
            return Ok(());
        }
        for target in followed {
            let mut tx = context.db.begin().await?;
            unfollow(&mut tx, &context.renderer, account, target).await?;
            tx.commit().await?;
        }
    }
}

struct FeedRow {
    cursor: i64,
    owner: AccountId,
    list: Option<ListId>,
}

impl FeedRow {
    fn feed(&self) -> Feed {
        self.list.map_or(Feed::Home(self.owner), Feed::List)
    }
}

/// Out of the home timelines of followers and out of lists, or back into them. Only those who were here lately have feeds.
async fn change_feeds(context: &Context, account: AccountId, out: bool) -> Result<(), JobError> {
    let since = context.clock.now_naive() - Duration::days(context.config.federation.user_active_days);
    let mut after = 0;
    loop {
        let mut tx = context.db.begin().await?;
        let rows = sqlx::query_as!(
            FeedRow,
            r#"
            SELECT f.id AS "cursor!", f.account_id AS "owner!", NULL::bigint AS "list?"
            FROM follows f JOIN users u ON u.account_id = f.account_id AND u.current_sign_in_at > $4
            WHERE f.target_account_id = $1 AND f.id > $2
            ORDER BY f.id LIMIT $3
            "#,
            account,
            after,
            PIECE,
            since
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = rows.last() else { break };
        after = last.cursor;
        enqueue(&mut tx, account, &rows, out).await?;
        tx.commit().await?;
    }
    let mut tx = context.db.begin().await?;
    let lists = sqlx::query_as!(
        FeedRow,
        r#"SELECT l.id AS "cursor!", l.account_id AS "owner!", l.id AS "list?" FROM list_accounts la
           JOIN lists l ON l.id = la.list_id
           JOIN users u ON u.account_id = l.account_id AND u.current_sign_in_at > $2 WHERE la.account_id = $1"#,
        account,
        since
    )
    .fetch_all(&mut *tx)
    .await?;
    enqueue(&mut tx, account, &lists, out).await?;
    tx.commit().await?;
    Ok(())
}

async fn enqueue(conn: &mut db::PgConnection, account: AccountId, rows: &[FeedRow], out: bool) -> Result<(), JobError> {
    if out {
        let jobs: Vec<UnmergeFeed> = rows.iter().map(|row| UnmergeFeed { from: account, out_of: row.feed() }).collect();
        jobs::enqueue_many(conn, &jobs).await?;
    } else {
        let jobs: Vec<MergeFeed> = rows.iter().map(|row| MergeFeed { from: account, into: row.feed() }).collect();
        jobs::enqueue_many(conn, &jobs).await?;
    }
    Ok(())
}

/// Files of posts are readable by all, or by the server alone.
async fn set_public(context: &Context, account: AccountId, public: bool) -> Result<(), JobError> {
    let mut after = 0;
    loop {
        let rows = sqlx::query!(
            r#"
            SELECT id, remote_url <> '' AS "remote!", file_file_name, file_storage_schema_version, thumbnail_file_name,
              thumbnail_storage_schema_version
            FROM media_attachments WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3
            "#,
            account,
            after,
            PIECE
        )
        .fetch_all(&mut *context.db.acquire().await?)
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows {
            for (kind, name, version) in [
                (Attachment::MediaFile, row.file_file_name, row.file_storage_schema_version),
                (Attachment::MediaThumbnail, row.thumbnail_file_name, row.thumbnail_storage_schema_version),
            ] {
                let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
                context.store.set_public(kind, row.id, &name, paths::cached(version, row.remote), public).await?;
            }
        }
    }
}
