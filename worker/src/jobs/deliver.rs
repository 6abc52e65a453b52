//! Signs a document and posts it to an inbox.

mod followers_digest;
mod signers;

pub(crate) use signers::Signers;

use bytes::Bytes;
use http_client::{FetchError, HeaderName, HeaderValue, Post, Url};
use jobs::{Delivery, DeliveryOutcome, Transport};

use crate::context::Context;
use signers::Signer;

const CONTENT_TYPE: &str = "application/activity+json";
static SYNCHRONIZATION: HeaderName = HeaderName::from_static("collection-synchronization");

impl Transport for Context {
    async fn deliver(&self, delivery: &Delivery) -> DeliveryOutcome {
        let Ok(url) = Url::parse(&delivery.inbox_url) else {
            return DeliveryOutcome::Refused("the inbox is no URL".to_owned());
        };
        let signer = match self.signers.of(self, delivery.account_id).await {
            Ok(Some(signer)) => signer,
            Ok(None) => return DeliveryOutcome::Refused("the signer is gone or has no key".to_owned()),
            Err(error) => return DeliveryOutcome::Hindered(error.to_string()),
        };
        let mut post = Post::new(&url, CONTENT_TYPE, Bytes::copy_from_slice(&delivery.body)).signed_by(Some(&signer.request));
        if delivery.synchronize_followers {
            match synchronization(self, delivery.account_id, &signer, &url).await {
                Ok(Some(value)) => post = post.header(SYNCHRONIZATION.clone(), value),
                Ok(None) => {}
                Err(error) => return DeliveryOutcome::Hindered(error.to_string()),
            }
        }
        let outcome = match self.http.post(post).await {
            Ok(_) => DeliveryOutcome::Accepted,
            Err(error) => judge(error, signer.suspended),
        };
        self.remember(&url, &outcome).await;
        outcome
    }
}

/// A server that no longer accepts the signature of an account that is gone for good will not accept it later.
fn judge(error: FetchError, suspended: bool) -> DeliveryOutcome {
    let reason = error.to_string();
    match error {
        FetchError::RetryAfter { after, .. } => DeliveryOutcome::Failed { reason, retry_after: Some(after) },
        FetchError::Status(401) if suspended => DeliveryOutcome::Refused(reason),
        error if error.is_temporary() => DeliveryOutcome::Failed { reason, retry_after: None },
        _ => DeliveryOutcome::Refused(reason),
    }
}

/// `None` for accounts whose followers are too many to be counted each time.
async fn synchronization(
    context: &Context,
    account_id: db::AccountId,
    signer: &Signer,
    inbox: &Url,
) -> Result<Option<HeaderValue>, sqlx::Error> {
    if !context.config.federation.followers_synchronization {
        return Ok(None);
    }
    let mut conn = context.db.acquire().await?;
    let digest =
        followers_digest::of_server(&mut conn, account_id, &format!("{}/", inbox.origin().ascii_serialization())).await?;
    let uri = &signer.account_uri;
    let url = context.renderer.uris.followers_synchronization(&signer.username);
    Ok(digest.and_then(|digest| {
        let text = format!(r#"collectionId="{uri}/followers", digest="{digest}", url="{url}""#);
        HeaderValue::try_from(text).ok()
    }))
}

impl Context {
    /// Mastodon's own record of days with failed deliveries, kept so that it can go on with it. Ours is in PostgreSQL: Redis
    /// may be away.
    async fn remember(&self, inbox: &Url, outcome: &DeliveryOutcome) {
        let Some(domain) = inbox.host_str() else { return };
        let failed = matches!(outcome, DeliveryOutcome::Failed { .. });
        if self.signers.noted.get(domain).await == Some(failed) {
            return;
        }
        let written = if failed {
            kv::federation::record_delivery_failure(&self.kv, domain, self.clock.now()).await.map(drop)
        } else {
            kv::federation::clear_delivery_failures(&self.kv, &[domain.to_owned()]).await
        };
        match written {
            Ok(()) => self.signers.noted.insert(domain.to_owned(), failed).await,
            Err(error) => tracing::debug!(target: "ferrodon", %error, domain, "the delivery was not noted in Redis"),
        }
    }
}
