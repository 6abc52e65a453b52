//! A changed profile.

use activitypub::render::activity;
use jobs::DeliveryOptions;
use jobs::delivery::FederateAccountUpdate;

use super::{deliver, reach};
use crate::context::Context;
use crate::registry::JobError;

const GONE: JobError = JobError::Discard("the account is gone or not ours");

pub(in crate::jobs) async fn update(context: &Context, job: FederateAccountUpdate) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let row = sqlx::query!("SELECT username, id_scheme FROM accounts WHERE id = $1 AND domain IS NULL", job.account_id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(GONE)?;
    let inboxes = reach::account(&mut tx, job.account_id).await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let uri = context.renderer.uris.account(job.account_id, &row.username, row.id_scheme);
    let actor = context.renderer.actor(&mut tx, job.account_id).await?.ok_or(GONE)?;
    let document = activity::update_actor(&actor, &uri, context.clock.now_naive()).into_document();
    let options = DeliveryOptions { object: Some(job.account_id), ..DeliveryOptions::default() };
    deliver(&mut tx, context, job.account_id, document, true, &inboxes, options).await?;
    tx.commit().await?;
    Ok(())
}
