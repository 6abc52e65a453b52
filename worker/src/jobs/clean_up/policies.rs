//! Old posts whose authors want them deleted: a few in a minute, and only while there is nothing more urgent.

use chrono::TimeDelta;
use db::{AccountId, StatusId};
use jobs::Lane;
use kv::account_cleanup;
use services::remove_status::{Removal, remove_status};

use crate::context::Context;
use crate::registry::JobError;
use crate::run::usual;

/// Posts of one author in a round.
const PER_ACCOUNT: i64 = 5;
/// Posts of a round: so many for each job that can run in lane `push`, and never more than that.
const PER_PLACE: i64 = 5;
const MOST: i64 = 300;
/// Old posts of one author that are looked at in a round.
const LOOKED_AT: i64 = 5_000;
/// Policies that are read at a time.
const PAGE: i64 = 500;

struct PolicyRow {
    id: i64,
    account_id: AccountId,
    min_status_age: i32,
}

pub(in crate::jobs) async fn run(context: &Context) -> Result<(), JobError> {
    let mut budget = match budget(context).await? {
        Some(budget) => budget,
        None => return Ok(()),
    };
    // Where the last round's budget ended.
    let mut after = account_cleanup::last_policy(&context.kv).await.ok().flatten().unwrap_or(0);
    loop {
        let (whole, mut deleted) = (after == 0, 0);
        loop {
            let page = page(context, after).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for policy in &page {
                let done = apply(context, policy, budget.min(PER_ACCOUNT)).await?;
                (budget, deleted) = (budget - done, deleted + done);
                if budget <= 0 {
                    return remember(context, Some(policy.id)).await;
                }
            }
        }
        // A whole round without anything to do: all is done.
        if whole && deleted == 0 {
            return remember(context, None).await;
        }
        after = 0;
    }
}

async fn remember(context: &Context, policy: Option<i64>) -> Result<(), JobError> {
    if let Err(error) = account_cleanup::set_last_policy(&context.kv, policy).await {
        tracing::debug!(%error, "the next round begins with the first policy");
    }
    Ok(())
}

/// `None`: more urgent work waits.
async fn budget(context: &Context) -> Result<Option<i64>, JobError> {
    let row = sqlx::query!(
        r#"
        SELECT EXISTS (
            SELECT FROM ferrodon.job j
            JOIN (VALUES ('default', interval '5 s'), ('push', interval '10 s'), ('pull', interval '300 s')) AS l (lane, patience)
              ON l.lane = j.lane
            WHERE j.worker IS NULL AND j.deaths = 0 AND j.run_at < now() - l.patience
          ) AS "busy!",
          (SELECT count(*) FROM ferrodon.worker WHERE 'push' = ANY (string_to_array(lanes, ','))) AS "workers!"
        "#
    )
    .fetch_one(&mut *context.db.acquire().await?)
    .await?;
    let places = i64::try_from(usual(Lane::Push)).unwrap_or(1) * row.workers.max(1);
    Ok((!row.busy).then_some((PER_PLACE * places).min(MOST)))
}

async fn page(context: &Context, after: i64) -> Result<Vec<PolicyRow>, sqlx::Error> {
    sqlx::query_as!(
        PolicyRow,
        "SELECT p.id, p.account_id, p.min_status_age FROM account_statuses_cleanup_policies p
         JOIN accounts a ON a.id = p.account_id AND a.suspended_at IS NULL
         WHERE p.enabled AND p.id > $1 ORDER BY p.id LIMIT $2",
        after,
        PAGE
    )
    .fetch_all(&mut *context.db.acquire().await?)
    .await
}

/// How many were deleted.
async fn apply(context: &Context, policy: &PolicyRow, limit: i64) -> Result<i64, JobError> {
    let account = policy.account_id;
    let from = account_cleanup::cursor(&context.kv, account).await.ok().flatten().unwrap_or(0);
    let old = db::time::id_at(context.clock.now_naive() - TimeDelta::seconds(policy.min_status_age.into()));
    let mut tx = context.db.begin().await?;
    let end = sqlx::query_scalar!(
        "SELECT max(id) FROM (
           SELECT id FROM statuses WHERE account_id = $1 AND deleted_at IS NULL AND id >= $2 AND id <= $3 ORDER BY id LIMIT $4) w",
        account,
        from,
        old,
        LOOKED_AT
    )
    .fetch_one(&mut *tx)
    .await?;
    let Some(end) = end else { return Ok(0) };
    let doomed = doomed(&mut tx, policy, from, end, limit).await?;
    for id in &doomed {
        remove_status(&mut tx, *id, Removal::default()).await?;
    }
    tx.commit().await?;
    if let Err(error) = account_cleanup::set_cursor(&context.kv, account, doomed.last().copied().unwrap_or(end)).await {
        tracing::debug!(%error, account, "old posts are looked at again");
    }
    Ok(i64::try_from(doomed.len()).unwrap_or_default())
}

/// What nothing that the policy names protects.
async fn doomed(
    conn: &mut db::PgConnection,
    policy: &PolicyRow,
    from: StatusId,
    end: StatusId,
    limit: i64,
) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT s.id FROM account_statuses_cleanup_policies p JOIN statuses s ON s.account_id = p.account_id
        LEFT JOIN status_stats c ON c.status_id = s.id
        WHERE p.id = $1 AND s.deleted_at IS NULL AND s.id >= $2 AND s.id <= $3
          AND (p.min_favs IS NULL OR COALESCE(c.favourites_count, 0) < p.min_favs)
          AND (p.min_reblogs IS NULL OR COALESCE(c.reblogs_count, 0) < p.min_reblogs)
          AND NOT (p.keep_direct AND s.visibility = 3)
          AND NOT (p.keep_polls AND s.poll_id IS NOT NULL)
          AND NOT (p.keep_pinned
            AND EXISTS (SELECT FROM status_pins k WHERE k.status_id = s.id AND k.account_id = s.account_id))
          AND NOT (p.keep_media AND EXISTS (SELECT FROM media_attachments k WHERE k.status_id = s.id))
          AND NOT (p.keep_self_fav
            AND EXISTS (SELECT FROM favourites k WHERE k.status_id = s.id AND k.account_id = s.account_id))
          AND NOT (p.keep_self_bookmark
            AND EXISTS (SELECT FROM bookmarks k WHERE k.status_id = s.id AND k.account_id = s.account_id))
        ORDER BY s.id LIMIT $4
        "#,
        policy.id,
        from,
        end,
        limit
    )
    .fetch_all(conn)
    .await
}
