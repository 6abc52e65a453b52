//! The keys of local accounts, read and parsed once.

use std::sync::Arc;
use std::time::Duration;

use activitypub::keys::PrivateKey;
use activitypub::signature::RequestSigner;
use db::AccountId;
use moka::future::Cache;

use crate::context::Context;

/// Who signs a delivery.
pub(crate) struct Signer {
    pub(super) request: RequestSigner,
    pub(crate) key: PrivateKey,
    pub(crate) account_uri: String,
    pub(super) username: String,
    pub(super) suspended: bool,
}

pub(crate) struct Signers {
    /// A key that was changed signs for so long.
    known: Cache<AccountId, Arc<Signer>>,
    /// What was last written to Redis about a domain: whether delivery failed.
    pub(super) noted: Cache<String, bool>,
}

impl Signers {
    pub(crate) fn new() -> Self {
        Self {
            known: Cache::builder().max_capacity(5_000).time_to_live(Duration::from_mins(5)).build(),
            noted: Cache::builder().max_capacity(50_000).time_to_live(Duration::from_hours(1)).build(),
        }
    }

    /// `None`: not a local account, or one without a usable key.
    pub(crate) async fn of(&self, context: &Context, account_id: AccountId) -> Result<Option<Arc<Signer>>, sqlx::Error> {
        if let Some(known) = self.known.get(&account_id).await {
            return Ok(Some(known));
        }
        let Some(signer) = load(context, account_id).await? else { return Ok(None) };
        let signer = Arc::new(signer);
        self.known.insert(account_id, Arc::clone(&signer)).await;
        Ok(Some(signer))
    }
}

async fn load(context: &Context, account_id: AccountId) -> Result<Option<Signer>, sqlx::Error> {
    let row = sqlx::query!(
        "select username, id_scheme, private_key, suspended_at is not null as \"suspended!\"
         from accounts where id = $1 and domain is null",
        account_id
    )
    .fetch_optional(&mut *context.db.acquire().await?)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key = match row.private_key.as_deref().map(PrivateKey::from_pem) {
        Some(Ok(key)) => key,
        Some(Err(error)) => {
            tracing::error!(target: "ferrodon", account_id, %error, "the private key of an account cannot be read");
            return Ok(None);
        }
        None => return Ok(None),
    };
    let account_uri = context.renderer.uris.account(account_id, &row.username, row.id_scheme);
    Ok(Some(Signer {
        request: RequestSigner::new(format!("{account_uri}#main-key"), key.clone(), context.clock.clone()),
        key,
        account_uri,
        username: row.username,
        suspended: row.suspended,
    }))
}
