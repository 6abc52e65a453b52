//! People and what they left behind: sign-ups that came to nothing, dead tokens, old sessions and addresses.

use db::AccountId;
use jobs::account::DeleteAccount;

use super::PIECE;
use crate::context::Context;
use crate::registry::JobError;

/// Deletions that are begun in a minute, and how much may wait for the lane that they go through.
const DELETIONS: i64 = 10;
const MAX_WAITING: i32 = 50;

/// Deletes in pieces while there is anything.
macro_rules! delete_all {
    ($conn:expr, $statement:literal $(, $argument:expr)*) => {{
        let mut removed = 0;
        loop {
            let gone = sqlx::query!($statement $(, $argument)*, PIECE).execute(&mut *$conn).await?.rows_affected();
            if gone == 0 {
                break removed;
            }
            removed += gone;
        }
    }};
}

/// What was suspended a month ago.
pub(in crate::jobs) async fn delete_suspended(context: &Context) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let due = sqlx::query_scalar!(
        r#"
        SELECT r.account_id AS "account_id!" FROM account_deletion_requests r JOIN accounts a ON a.id = r.account_id
        WHERE r.created_at < (now() AT TIME ZONE 'utc') - interval '30 days' AND a.suspended_at IS NOT NULL
          AND (SELECT count(*) FROM (
            SELECT FROM ferrodon.job WHERE lane = 'pull' AND worker IS NULL AND run_at <= now() LIMIT $2 + 1) waiting) <= $2
        ORDER BY r.created_at LIMIT $1
        "#,
        DELETIONS,
        MAX_WAITING
    )
    .fetch_all(&mut *tx)
    .await?;
    let jobs: Vec<DeleteAccount> = due.into_iter().map(|account| deletion(account, true)).collect();
    jobs::enqueue_many(&mut tx, &jobs).await?;
    tx.commit().await?;
    Ok(())
}

fn deletion(account_id: AccountId, reserve_username: bool) -> DeleteAccount {
    DeleteAccount { account_id, reserve_username, free_address: false, skip_activitypub: false, domain_block: None }
}

/// People who never followed the link of their letter; name and address are free again. What is decided here is final: a link
/// that is followed before the deletion runs must not lead into an account that goes away.
pub(super) async fn unconfirmed(context: &Context) -> Result<u64, JobError> {
    let mut removed = 0;
    loop {
        let mut tx = context.db.begin().await?;
        let due = sqlx::query_scalar!(
            r#"
            UPDATE accounts SET suspended_at = now() AT TIME ZONE 'utc', suspension_origin = 0
            WHERE id IN (
              SELECT u.account_id FROM users u JOIN accounts a ON a.id = u.account_id
              WHERE u.confirmed_at IS NULL AND u.confirmation_sent_at < (now() AT TIME ZONE 'utc') - interval '7 days'
                AND a.suspended_at IS NULL
              ORDER BY u.id LIMIT $1 FOR UPDATE OF u)
            RETURNING id
            "#,
            PIECE
        )
        .fetch_all(&mut *tx)
        .await?;
        if due.is_empty() {
            return Ok(removed);
        }
        removed += u64::try_from(due.len()).unwrap_or_default();
        let jobs: Vec<DeleteAccount> = due.into_iter().map(|account| deletion(account, false)).collect();
        jobs::enqueue_many(&mut tx, &jobs).await?;
        tx.commit().await?;
    }
}

/// Revoked or past their time.
pub(super) async fn tokens(context: &Context) -> Result<u64, JobError> {
    let mut conn = context.db.acquire().await?;
    let tokens = delete_all!(
        conn,
        "DELETE FROM oauth_access_tokens WHERE id IN (
           SELECT id FROM oauth_access_tokens
           WHERE revoked_at < now() AT TIME ZONE 'utc'
             OR created_at + make_interval(secs => expires_in) < now() AT TIME ZONE 'utc' LIMIT $1)"
    );
    let grants = delete_all!(
        conn,
        "DELETE FROM oauth_access_grants WHERE id IN (
           SELECT id FROM oauth_access_grants
           WHERE revoked_at < now() AT TIME ZONE 'utc'
             OR created_at + make_interval(secs => expires_in) < now() AT TIME ZONE 'utc' LIMIT $1)"
    );
    Ok(tokens + grants)
}

/// Sessions and addresses after the time for which they may be kept, and rules about addresses that have ended.
pub(super) async fn sessions(context: &Context) -> Result<u64, JobError> {
    let config = &context.config.federation;
    let now = context.clock.now_naive();
    let sessions = now - chrono::Duration::seconds(config.session_retention_seconds.into());
    let addresses = now - chrono::Duration::seconds(config.ip_retention_seconds.into());
    let mut conn = context.db.acquire().await?;
    let mut removed = delete_all!(
        conn,
        "DELETE FROM session_activations WHERE id IN (SELECT id FROM session_activations WHERE updated_at < $1 LIMIT $2)",
        sessions
    );
    removed += delete_all!(
        conn,
        "DELETE FROM login_activities WHERE id IN (SELECT id FROM login_activities WHERE created_at < $1 LIMIT $2)",
        addresses
    );
    removed += delete_all!(
        conn,
        "UPDATE users SET sign_up_ip = NULL
         WHERE id IN (SELECT id FROM users WHERE sign_up_ip IS NOT NULL AND created_at < $1 LIMIT $2)",
        addresses
    );
    removed += delete_all!(
        conn,
        "UPDATE oauth_access_tokens SET last_used_ip = NULL
         WHERE id IN (SELECT id FROM oauth_access_tokens WHERE last_used_ip IS NOT NULL AND last_used_at < $1 LIMIT $2)",
        sessions
    );
    removed += delete_all!(
        conn,
        "DELETE FROM ip_blocks WHERE id IN (SELECT id FROM ip_blocks WHERE expires_at < now() AT TIME ZONE 'utc' LIMIT $1)"
    );
    Ok(removed)
}

/// Imports that nobody confirmed for ten minutes, or that are a week old, and addresses that were not confirmed for a week.
pub(super) async fn unfinished(context: &Context) -> Result<u64, JobError> {
    let mut conn = context.db.acquire().await?;
    let imports = delete_all!(
        conn,
        "DELETE FROM bulk_imports WHERE id IN (
           SELECT id FROM bulk_imports
           WHERE (state = 0 AND created_at < now() AT TIME ZONE 'utc' - interval '10 minutes')
             OR created_at < now() AT TIME ZONE 'utc' - interval '7 days' LIMIT $1)"
    );
    let subscriptions = delete_all!(
        conn,
        "DELETE FROM email_subscriptions WHERE id IN (
           SELECT id FROM email_subscriptions
           WHERE confirmed_at IS NULL AND created_at < now() AT TIME ZONE 'utc' - interval '7 days' LIMIT $1)"
    );
    Ok(imports + subscriptions)
}
