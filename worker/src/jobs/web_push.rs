//! Tells one app or browser of a notification, through the push service that it named.

mod hosts;
mod message;
mod title;

use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use config::Secrets;
use db::web_push_subscriptions;
use http_client::{Answer, FetchError, HeaderName, HeaderValue, Post, Url, header};
use jobs::push::WebPush;
use push::{Coding, Encrypted, InvalidVapidKey, Unsubscribe, VapidKey};
use rand::RngExt as _;
use tokio::time::timeout;

use crate::context::Context;
use crate::registry::JobError;
use hosts::{Ended, Hosts};
use message::Subscription;

/// A message is small; a service that needs longer is ill.
const LONGEST: Duration = Duration::from_secs(10);
/// Seconds for which a push service keeps a message for a device that is off.
const TTL: u32 = 172_800;
/// Postponed messages do not all come back in the same second.
const SPREAD: u64 = 10;

static TTL_NAME: HeaderName = HeaderName::from_static("ttl");
static URGENCY: HeaderName = HeaderName::from_static("urgency");
static ENCRYPTION: HeaderName = HeaderName::from_static("encryption");
static CRYPTO_KEY: HeaderName = HeaderName::from_static("crypto-key");
static UNSUBSCRIBE_URL: HeaderName = HeaderName::from_static("unsubscribe-url");
static DIGEST: HeaderName = HeaderName::from_static("digest");

/// What sending needs beside the context: keys, and what is known of push services.
pub(crate) struct Sender {
    vapid: Option<VapidKey>,
    unsubscribe: Unsubscribe,
    hosts: Hosts,
}

impl Sender {
    /// # Errors
    /// `VAPID_*` are set and are no key.
    pub(crate) fn new(secrets: &Secrets) -> Result<Self, InvalidVapidKey> {
        let vapid = secrets.vapid.as_ref().map(|keys| VapidKey::parse(&keys.private, &keys.public)).transpose()?;
        Ok(Self { vapid, unsubscribe: Unsubscribe::derive(&secrets.key_base), hosts: Hosts::new() })
    }
}

pub(super) async fn run(context: &Context, job: WebPush) -> Result<(), JobError> {
    let vapid = context.push.vapid.as_ref().ok_or(JobError::Discard("VAPID_PRIVATE_KEY is not set"))?;
    let subscription = Subscription::load(context, job.subscription_id).await?;
    let url = Url::parse(&subscription.endpoint).map_err(|_| JobError::Discard("the endpoint is no URL"))?;
    let visit = match context.push.hosts.enter(url.host_str().unwrap_or_default(), Instant::now()) {
        Ok(visit) => visit,
        Err(wait) => return postpone(context, &job, wait).await,
    };
    let message = message::load(context, &subscription, job.notification_id).await?;
    let coding = if subscription.standard { Coding::Aes128Gcm } else { Coding::AesGcm };
    let encrypted = message::encrypt(&subscription, &message.payload, coding)?;
    let post = request(context, vapid, &url, encrypted, &message.contact, job.subscription_id)?;
    let sent = timeout(LONGEST, context.http.post(post)).await;
    let sent = sent.unwrap_or_else(|_| Err(FetchError::Unreachable("took too long".to_owned())));
    visit.end(ended(&sent), Instant::now());
    settle(context, &job, sent).await
}

/// A job of its own instead of another try of this one: it is not the message's fault. It ends when the notification is too old.
async fn postpone(context: &Context, job: &WebPush, wait: Duration) -> Result<(), JobError> {
    let wait = wait + Duration::from_secs(rand::rng().random_range(0..SPREAD));
    let mut tx = context.db.begin().await?;
    jobs::enqueue_in(&mut tx, job, wait).await?;
    tx.commit().await?;
    Ok(())
}

/// The headers are those of Mastodon (tests/conformance/push/golden.json).
fn request<'a>(
    context: &Context,
    vapid: &VapidKey,
    url: &'a Url,
    encrypted: Encrypted,
    contact: &str,
    subscription: i64,
) -> Result<Post<'a>, JobError> {
    let now = context.clock.now();
    let token = vapid
        .token(&url.origin().ascii_serialization(), contact, now)
        .ok_or_else(|| anyhow::anyhow!("the system has no random bytes"))?;
    let unsubscribe = context.push.unsubscribe.token(subscription, now).replace('/', "%2F");
    let unsubscribe = format!("{}/api/web/push_subscriptions/{unsubscribe}", context.urls.base());
    let digest = format!("SHA-256={}", STANDARD.encode(digest::digest(&digest::SHA256, &encrypted.body)));
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let post = Post::new(url, "application/octet-stream", Bytes::from(encrypted.body))
        .header(TTL_NAME.clone(), HeaderValue::from(TTL))
        .header(URGENCY.clone(), HeaderValue::from_static("normal"))
        .header(UNSUBSCRIBE_URL.clone(), HeaderValue::try_from(unsubscribe)?)
        .header(DIGEST.clone(), HeaderValue::try_from(digest)?)
        .header(header::DATE, HeaderValue::try_from(date)?)
        .header(header::CONTENT_ENCODING, HeaderValue::from_static(encrypted.coding.name()));
    Ok(match encrypted.legacy {
        None => {
            let authorization = format!("vapid t={token},k={}", vapid.public());
            post.header(header::AUTHORIZATION, HeaderValue::try_from(authorization)?)
        }
        Some(legacy) => {
            let keys = format!("{};p256ecdsa={}", legacy.crypto_key, vapid.public());
            post.header(header::AUTHORIZATION, HeaderValue::try_from(format!("WebPush {token}"))?)
                .header(ENCRYPTION.clone(), HeaderValue::try_from(legacy.encryption)?)
                .header(CRYPTO_KEY.clone(), HeaderValue::try_from(keys)?)
        }
    })
}

fn ended(sent: &Result<Answer, FetchError>) -> Ended {
    match sent {
        Err(FetchError::Unreachable(_)) => Ended::Silent,
        Err(FetchError::RetryAfter { after, .. }) => Ended::AskedToWait(*after),
        _ => Ended::Answered,
    }
}

/// A service that says the message is wrong does not know the subscription, or will never take it: it is removed, as Mastodon does.
async fn settle(context: &Context, job: &WebPush, sent: Result<Answer, FetchError>) -> Result<(), JobError> {
    let Err(error) = sent else { return Ok(()) };
    if matches!(error, FetchError::Refused(_)) {
        tracing::info!(target: "ferrodon", subscription = job.subscription_id, %error, "no push message is sent there");
        return Err(JobError::Discard("the endpoint may not be asked"));
    }
    let for_good = error.status().is_some_and(|status| (400..500).contains(&status) && !matches!(status, 408 | 429));
    if !for_good {
        return Err(error.into());
    }
    tracing::info!(target: "ferrodon", subscription = job.subscription_id, %error, "a push subscription ends");
    let mut tx = context.db.begin().await?;
    web_push_subscriptions::delete(&mut tx, &[job.subscription_id]).await?;
    tx.commit().await?;
    Ok(())
}
