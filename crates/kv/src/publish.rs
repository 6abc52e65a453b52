//! Events for open streams. Nothing is stored: who does not listen misses them.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::key;
use crate::{Error, Kv};

const BATCH: usize = 500;

/// A channel of Redis; `Display` is its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Home timeline of an account.
    Home(i64),
    Notifications(i64),
    List(i64),
    Direct(i64),
    Public {
        scope: Scope,
        only_media: bool,
    },
    Hashtag {
        /// Normalised: as in the column `tags.name`.
        name: String,
        local: bool,
    },
    AccessToken(i64),
    /// What a session must know and its client need not, by account id.
    System(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    All,
    Local,
    Remote,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home(id) => write!(f, "timeline:{id}"),
            Self::Notifications(id) => write!(f, "timeline:{id}:notifications"),
            Self::List(id) => write!(f, "timeline:list:{id}"),
            Self::Direct(id) => write!(f, "timeline:direct:{id}"),
            Self::Public { scope, only_media } => {
                let scope = match scope {
                    Scope::All => "",
                    Scope::Local => ":local",
                    Scope::Remote => ":remote",
                };
                write!(f, "timeline:public{scope}{}", if *only_media { ":media" } else { "" })
            }
            Self::Hashtag { name, local } => {
                write!(f, "timeline:hashtag:{}{}", name.to_lowercase(), if *local { ":local" } else { "" })
            }
            Self::AccessToken(id) => write!(f, "timeline:access_token:{id}"),
            Self::System(id) => write!(f, "timeline:system:{id}"),
        }
    }
}

/// One event as it travels; made once and published on many channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(Arc<str>);

#[derive(Serialize)]
struct Envelope<'a, T> {
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<T>,
}

impl Message {
    /// `update`, `status.update`, `notification`, `conversation`, `announcement`, `announcement.reaction` with their entity;
    /// `delete`, `announcement.delete` and `notifications_merged` with a string.
    ///
    /// # Errors
    /// The payload cannot be written as JSON.
    pub fn new(event: &str, payload: &impl Serialize) -> Result<Self, Error> {
        Self::write(&Envelope { event, payload: Some(payload) })
    }

    /// A status or an announcement is gone.
    ///
    /// # Errors
    /// None in practice.
    pub fn delete(event: &str, id: i64) -> Result<Self, Error> {
        Self::new(event, &id.to_string())
    }

    /// `kill` and `filters_changed` carry nothing.
    ///
    /// # Errors
    /// None in practice.
    pub fn bare(event: &str) -> Result<Self, Error> {
        Self::write(&Envelope { event, payload: None::<()> })
    }

    /// The text that goes over the channel.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn write(envelope: &impl Serialize) -> Result<Self, Error> {
        let text = serde_json::to_string(envelope).map_err(|error| Error::Unexpected(error.to_string()))?;
        Ok(Self(text.into()))
    }
}

/// One round trip for every 500 messages; order is kept.
///
/// # Errors
/// Redis is away.
pub async fn publish(kv: &Kv, messages: &[(Channel, Message)]) -> Result<(), Error> {
    for batch in messages.chunks(BATCH) {
        let mut pipeline = redis::pipe();
        for (channel, message) in batch {
            pipeline.cmd("PUBLISH").arg(channel.to_string()).arg(message.as_str()).ignore();
        }
        kv.pipe::<()>(&pipeline).await?;
    }
    Ok(())
}

/// Which channels have a listener, in the order asked. Public and hashtag channels are always published and need no asking.
///
/// # Errors
/// Redis is away.
pub async fn subscribed(kv: &Kv, channels: &[Channel]) -> Result<Vec<bool>, Error> {
    let mut answers = Vec::with_capacity(channels.len());
    for batch in channels.chunks(BATCH) {
        let mut pipeline = redis::pipe();
        for channel in batch {
            pipeline.cmd("EXISTS").arg(key::subscribed(channel));
        }
        answers.extend(kv.pipe::<Vec<bool>>(&pipeline).await?);
    }
    Ok(answers)
}

/// Tells publishers that somebody listens; to be renewed every six minutes, since it lapses after eighteen.
///
/// # Errors
/// Redis is away.
pub async fn mark_subscribed(kv: &Kv, channels: &[String]) -> Result<(), Error> {
    const SECONDS: u64 = 18 * 60;
    for batch in channels.chunks(BATCH) {
        let mut pipeline = redis::pipe();
        for channel in batch {
            pipeline.cmd("SET").arg(key::subscribed(channel)).arg("1").arg("EX").arg(SECONDS).ignore();
        }
        kv.pipe::<()>(&pipeline).await?;
    }
    Ok(())
}
