//! Takes an account away, piece by piece. Whatever stops it, the next run goes on where this one was.

use db::AccountId;
use db::domain_blocks::Severity;
use jobs::account::DeleteAccount;
use kv::feed::FeedKey;
use services::delete_account;

use super::federate;
use super::remove_status::feeds::take_out_silently;
use crate::context::Context;
use crate::registry::JobError;

/// A transaction for each piece, until nothing is left.
macro_rules! pieces {
    ($context:expr, $conn:ident => $piece:expr) => {
        loop {
            let mut $conn = $context.db.begin().await?;
            let more = $piece.await?;
            $conn.commit().await?;
            if !more {
                break;
            }
        }
    };
}

pub(crate) async fn run(context: &Context, job: DeleteAccount) -> Result<(), JobError> {
    let account = job.account_id;
    let mut tx = context.db.begin().await?;
    if let Some(rule) = job.domain_block {
        let rule = db::domain_blocks::held(&mut tx, rule).await?;
        if !rule.is_some_and(|rule| rule.severity == Severity::Suspend) {
            return Err(JobError::Discard("the server is no longer suspended"));
        }
    }
    let Some(local) = delete_account::hide(&mut tx, account).await? else { return Err(JobError::Discard("the account is gone")) };
    // Without its row there is no key to sign with, and who was never let in is known nowhere.
    if local && job.reserve_username && !job.skip_activitypub {
        federate::account_removal(&mut tx, context, account).await?;
        jobs::enqueue(&mut tx, &DeleteAccount { skip_activitypub: true, ..job }).await?;
        tx.commit().await?;
        return Ok(());
    }
    tx.commit().await?;
    if job.reserve_username {
        // The bare row of an account elsewhere keeps its suspension.
        take_content(context, account, true).await?;
        let mut tx = context.db.begin().await?;
        delete_account::empty(&mut tx, account, job.free_address).await?;
        tx.commit().await?;
        return Ok(());
    }
    take_away(context, account).await
}

/// Everything, the row too.
pub(super) async fn take_away(context: &Context, account: AccountId) -> Result<(), JobError> {
    take_content(context, account, false).await?;
    pieces!(context, conn => delete_account::remove_references(&mut conn, account));
    let mut tx = context.db.begin().await?;
    delete_account::remove_row(&mut tx, account).await?;
    tx.commit().await?;
    Ok(())
}

/// Everything but the row and the user. `keep_reported`: posts that an open report names stay.
async fn take_content(context: &Context, account: AccountId, keep_reported: bool) -> Result<(), JobError> {
    statuses(context, account, keep_reported).await?;
    clear_feeds(context, account).await?;
    pieces!(context, conn => delete_account::remove_next(&mut conn, account, keep_reported));
    Ok(())
}

/// Those of one of ours, while the rows still tell which lists there are.
async fn clear_feeds(context: &Context, account: AccountId) -> anyhow::Result<()> {
    let lists = sqlx::query_scalar!("SELECT id FROM lists WHERE account_id = $1", account)
        .fetch_all(&mut *context.db.acquire().await?)
        .await?;
    let mut feeds: Vec<FeedKey> = lists.into_iter().map(FeedKey::List).collect();
    feeds.push(FeedKey::Home(account));
    Ok(kv::feed::clear(&context.kv, &feeds).await?)
}

async fn statuses(context: &Context, account: AccountId, keep_reported: bool) -> Result<(), JobError> {
    loop {
        let doomed = delete_account::next_statuses(&mut *context.db.acquire().await?, account, keep_reported).await?;
        if doomed.is_empty() {
            return Ok(());
        }
        // While the rows still tell whose feeds they may be in.
        if let Err(error) = take_out_silently(context, &doomed).await {
            tracing::warn!(target: "ferrodon", %error, account, "statuses of a deleted account stay in feeds");
        }
        let mut tx = context.db.begin().await?;
        delete_account::remove_statuses(&mut tx, &doomed).await?;
        tx.commit().await?;
    }
}
