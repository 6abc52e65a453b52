//! A changed profile, and one that is gone.

use std::collections::HashSet;

use activitypub::render::activity;
use db::{AccountId, PgConnection};
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

/// To followers first, then to every server that may know the account.
pub(in crate::jobs) async fn removal(conn: &mut PgConnection, context: &Context, account: AccountId) -> Result<(), JobError> {
    let row = sqlx::query!("SELECT username, id_scheme FROM accounts WHERE id = $1 AND domain IS NULL", account)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(GONE)?;
    let uri = context.renderer.uris.account(account, &row.username, row.id_scheme);
    let document = activity::delete_actor(&uri).into_document();
    let near = reach::account(conn, account).await?;
    let told: HashSet<&str> = near.iter().map(String::as_str).collect();
    let mut far = reach::everybody(conn).await?;
    far.retain(|inbox| !told.contains(inbox.as_str()));
    deliver(conn, context, account, document.clone(), true, &near, DeliveryOptions::default()).await?;
    let late = DeliveryOptions { low_priority: true, ..DeliveryOptions::default() };
    deliver(conn, context, account, document, true, &far, late).await
}
