//! Activities of local accounts on their way to other servers: made, signed where others may pass them on, and handed to the
//! delivery of each inbox, in one transaction.

mod account;
mod collection;
mod followers;
mod poll;
mod quote;
mod reach;
pub(super) mod status;

pub(super) use account::{move_away as account_move, removal as account_removal, update as account_update};
pub(super) use collection::{request as feature_request, revoke as feature_revocation, send as collection};
pub(super) use followers::send as to_followers;
pub(super) use poll::update as poll_update;
pub(super) use quote::{request as quote_request, revoke as quote_revocation};

use activitypub::ld_signature;
use db::{AccountId, PgConnection};
use jobs::DeliveryOptions;
use serde_json::Value;

use crate::context::Context;
use crate::registry::JobError;

/// Signs with a linked-data signature (unless the server serves nobody unsigned) and asks for the deliveries.
async fn deliver(
    conn: &mut PgConnection,
    context: &Context,
    account: AccountId,
    document: Value,
    public: bool,
    inboxes: &[String],
    options: DeliveryOptions,
) -> Result<(), JobError> {
    if inboxes.is_empty() {
        return Ok(());
    }
    let document =
        if public && !authorized_fetch(conn, context).await? { sign(context, account, document).await? } else { document };
    let body = serde_json::to_vec(&document)?;
    jobs::deliver_to(conn, account, &body, inboxes, options).await?;
    Ok(())
}

/// A document by `account` with a signature that stays with it.
pub(super) async fn sign(context: &Context, account: AccountId, document: Value) -> Result<Value, JobError> {
    let signer = context.signers.of(context, account).await?.ok_or(JobError::Discard("the signer is gone or has no key"))?;
    let creator = format!("{}#main-key", signer.account_uri);
    Ok(ld_signature::sign(document, &creator, &signer.key, context.clock.now())?)
}

async fn authorized_fetch(conn: &mut PgConnection, context: &Context) -> Result<bool, sqlx::Error> {
    let federation = &context.config.federation;
    if federation.limited_federation || federation.authorized_fetch == Some(true) {
        return Ok(true);
    }
    let setting = sqlx::query_scalar!("SELECT value FROM settings WHERE var = 'authorized_fetch'").fetch_optional(conn).await?;
    Ok(federation.authorized_fetch.is_none() && db::settings::flag_column(setting.flatten().as_deref(), false))
}
