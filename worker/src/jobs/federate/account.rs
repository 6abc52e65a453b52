//! A changed profile, and one that is gone.

use std::collections::HashSet;

use activitypub::render::activity;
use db::{AccountId, PgConnection};
use jobs::DeliveryOptions;
use jobs::delivery::{FederateAccountUpdate, FederateMove};

use super::{deliver, reach};
use crate::context::Context;
use crate::registry::JobError;

const GONE: JobError = JobError::Discard("the account is gone or not ours");

pub(in crate::jobs) async fn update(context: &Context, job: FederateAccountUpdate) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    profile(&mut tx, context, job.account_id).await?;
    tx.commit().await?;
    Ok(())
}

async fn profile(conn: &mut PgConnection, context: &Context, account: AccountId) -> Result<(), JobError> {
    let uri = uri(conn, context, account).await?.ok_or(GONE)?;
    let inboxes = reach::account(conn, account).await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let actor = context.renderer.actor(conn, account).await?.ok_or(GONE)?;
    let document = activity::update_actor(&actor, &uri, context.clock.now_naive()).into_document();
    let options = DeliveryOptions { object: Some(account), ..DeliveryOptions::default() };
    deliver(conn, context, account, document, true, &inboxes, options).await
}

/// The address of an account of ours.
async fn uri(conn: &mut PgConnection, context: &Context, account: AccountId) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query!("SELECT username, id_scheme FROM accounts WHERE id = $1 AND domain IS NULL", account)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| context.renderer.uris.account(account, &row.username, row.id_scheme)))
}

/// The profile, which says where it leads, and after it a Move: also to those who block the account, so that they block the new
/// one.
pub(in crate::jobs) async fn move_away(context: &Context, job: FederateMove) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let migration = sqlx::query!(
        r#"
        SELECT m.account_id AS "account_id!", t.id AS target_id, t.domain IS NULL AS "is_local!", t.uri AS target_uri
        FROM account_migrations m JOIN accounts t ON t.id = m.target_account_id
        WHERE m.id = $1 AND m.account_id IS NOT NULL
        "#,
        job.migration_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(GONE)?;
    let account = migration.account_id;
    let actor = uri(&mut tx, context, account).await?.ok_or(GONE)?;
    let target =
        if migration.is_local { uri(&mut tx, context, migration.target_id).await?.ok_or(GONE)? } else { migration.target_uri };
    profile(&mut tx, context, account).await?;
    let inboxes = reach::of_move(&mut tx, account).await?;
    let document = activity::move_actor(job.migration_id, &actor, &target).into_document();
    // After the profile wherever both arrive.
    let options = DeliveryOptions { object: Some(account), ..DeliveryOptions::default() };
    deliver(&mut tx, context, account, document, true, &inboxes, options).await?;
    tx.commit().await?;
    Ok(())
}

/// To followers first, then to every server that may know the account.
pub(in crate::jobs) async fn removal(conn: &mut PgConnection, context: &Context, account: AccountId) -> Result<(), JobError> {
    let uri = uri(conn, context, account).await?.ok_or(GONE)?;
    let document = activity::delete_actor(&uri).into_document();
    let near = reach::account(conn, account).await?;
    let told: HashSet<&str> = near.iter().map(String::as_str).collect();
    let mut far = reach::everybody(conn).await?;
    far.retain(|inbox| !told.contains(inbox.as_str()));
    deliver(conn, context, account, document.clone(), true, &near, DeliveryOptions::default()).await?;
    let late = DeliveryOptions { low_priority: true, ..DeliveryOptions::default() };
    deliver(conn, context, account, document, true, &far, late).await
}
