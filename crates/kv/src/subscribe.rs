//! Listening to channels: one connection of its own, which ends when Redis goes; the listener then makes a new one.

use std::time::Duration;

use futures_util::{Stream, StreamExt};

use crate::{Error, Kv};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Changes what is listened to.
pub struct Subscriptions(redis::aio::PubSubSink);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub channel: String,
    pub payload: Vec<u8>,
}

/// The stream ends when the connection does.
///
/// # Errors
/// Redis is away.
pub async fn connect(kv: &Kv) -> Result<(Subscriptions, impl Stream<Item = Received> + Send + Unpin + 'static), Error> {
    let (sink, stream) = kv.pubsub().await?.split();
    let received = stream.map(|message| Received {
        channel: message.get_channel_name().to_owned(),
        payload: message.get_payload_bytes().to_vec(),
    });
    Ok((Subscriptions(sink), received))
}

impl Subscriptions {
    /// Returns when Redis has confirmed all of them.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn subscribe(&mut self, channels: &[String]) -> Result<(), Error> {
        within(self.0.subscribe(channels)).await
    }

    /// # Errors
    /// The connection is gone.
    pub async fn unsubscribe(&mut self, channels: &[String]) -> Result<(), Error> {
        within(self.0.unsubscribe(channels)).await
    }

    /// Finds out that a connection is dead although nothing closed it.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn ping(&mut self) -> Result<(), Error> {
        within(self.0.ping()).await
    }
}

async fn within<T>(call: impl Future<Output = redis::RedisResult<T>>) -> Result<T, Error> {
    match tokio::time::timeout(TIMEOUT, call).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(Error::Unavailable),
    }
}
