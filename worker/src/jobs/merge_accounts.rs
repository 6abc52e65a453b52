//! Makes one account of several rows with one URI. What was handed over stays so, whatever stops it; the next run goes on.

use jobs::account::MergeAccounts;
use services::merge_accounts::{Merge, duplicates, hand_over};

use super::delete_account;
use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: MergeAccounts) -> Result<(), JobError> {
    let into = job.account_id;
    let found = duplicates(&mut *context.db.acquire().await?, into).await?;
    if found.is_empty() {
        return Err(JobError::Discard("there is nothing to merge"));
    }
    for from in found {
        loop {
            let mut tx = context.db.begin().await?;
            let more = hand_over(&mut tx, Merge { from, into }).await?;
            tx.commit().await?;
            if !more {
                break;
            }
        }
        delete_account::take_away(context, from).await?;
        tracing::info!(target: "ferrodon", from, into, "two rows of one account were merged");
    }
    Ok(())
}
