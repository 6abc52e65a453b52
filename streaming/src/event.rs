//! A message from Redis, read once and shared by everybody who gets it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: Box<str>,
    /// JSON text of an entity, or a bare id. `None` for what clients are not told.
    payload: Option<Box<str>>,
    /// Only read where posts are held back.
    pub(crate) status: Option<Status>,
    frames: Mutex<Vec<(Arc<str>, Utf8Bytes)>>,
    chunk: OnceLock<Bytes>,
}

/// What decides who may see a post.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) author_id: i64,
    pub(crate) domain: Option<String>,
    pub(crate) mentioned_ids: Vec<i64>,
    pub(crate) language: Option<String>,
    /// The publisher has looked at the reader's filters already.
    pub(crate) is_filtered: bool,
    html: String,
    text: OnceLock<String>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    event: String,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StatusWire {
    account: AccountWire,
    #[serde(default)]
    mentions: Vec<MentionWire>,
    language: Option<String>,
    filtered: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    spoiler_text: Option<String>,
    #[serde(default)]
    content: Option<String>,
    poll: Option<PollWire>,
    #[serde(default)]
    media_attachments: Vec<MediaWire>,
}

#[derive(Deserialize)]
struct AccountWire {
    id: String,
    acct: String,
}

#[derive(Deserialize)]
struct MentionWire {
    id: String,
}

#[derive(Deserialize)]
struct PollWire {
    #[serde(default)]
    options: Vec<OptionWire>,
}

#[derive(Deserialize)]
struct OptionWire {
    title: String,
}

#[derive(Deserialize)]
struct MediaWire {
    description: Option<String>,
}

impl Event {
    /// `None` for what is no event. With `read_status`, a post that cannot be read is none either: nobody could say who may see it.
    pub(crate) fn parse(message: &[u8], read_status: bool) -> Option<Self> {
        let wire: Wire<'_> = serde_json::from_slice(message).ok()?;
        let payload = wire.payload.and_then(|payload| text_of(payload.get()));
        let is_status = matches!(wire.event.as_str(), "update" | "status.update");
        let status = match &payload {
            Some(payload) if read_status && is_status => Some(Status::parse(payload)?),
            _ => None,
        };
        Some(Self { name: wire.event.into(), payload, status, frames: Mutex::default(), chunk: OnceLock::new() })
    }

    pub(crate) fn has_payload(&self) -> bool {
        self.payload.is_some()
    }

    /// For WebSockets; the same bytes for all who use the same label.
    pub(crate) fn frame(&self, label: &Arc<str>) -> Utf8Bytes {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = frames.iter().find(|(known, _)| known == label) {
            return frame.clone();
        }
        let frame = self.frame_with(label, self.payload.as_deref().unwrap_or_default());
        frames.push((Arc::clone(label), frame.clone()));
        frame
    }

    /// For one WebSocket whose payload is its own.
    pub(crate) fn frame_with(&self, label: &str, payload: &str) -> Utf8Bytes {
        let name = serde_json::to_string(&self.name).unwrap_or_default();
        let payload = serde_json::to_string(payload).unwrap_or_default();
        format!(r#"{{"stream":{label},"event":{name},"payload":{payload}}}"#).into()
    }

    /// For server-sent events.
    pub(crate) fn chunk(&self) -> Bytes {
        self.chunk.get_or_init(|| self.chunk_with(self.payload.as_deref().unwrap_or_default())).clone()
    }

    pub(crate) fn chunk_with(&self, payload: &str) -> Bytes {
        // A line end would begin a new field; in JSON it can only stand between tokens.
        let one_line = |text: &str| text.replace(['\r', '\n'], " ");
        format!("event: {}\ndata: {}\n\n", one_line(&self.name), one_line(payload)).into()
    }

    /// The payload with `"filtered": results` at its end.
    pub(crate) fn payload_with_filtered(&self, results: &str) -> String {
        let payload = self.payload.as_deref().unwrap_or_default().trim_end();
        let open = payload.strip_suffix('}').unwrap_or(payload);
        format!(r#"{open},"filtered":{results}}}"#)
    }
}

impl Status {
    fn parse(payload: &str) -> Option<Self> {
        let wire: StatusWire = serde_json::from_str(payload).ok()?;
        let mut parts = vec![wire.spoiler_text.unwrap_or_default(), wire.content.unwrap_or_default()];
        parts.extend(wire.poll.into_iter().flat_map(|poll| poll.options).map(|option| option.title));
        parts.extend(wire.media_attachments.into_iter().filter_map(|media| media.description));
        Some(Self {
            author_id: wire.account.id.parse().ok()?,
            domain: wire.account.acct.split_once('@').map(|(_, domain)| domain.to_owned()),
            mentioned_ids: wire.mentions.iter().filter_map(|mention| mention.id.parse().ok()).collect(),
            language: wire.language,
            is_filtered: wire.filtered.is_some(),
            html: parts.join("\n\n"),
            text: OnceLock::new(),
        })
    }

    pub(crate) fn is_local(&self) -> bool {
        self.domain.is_none()
    }

    /// What keyword filters look at: warning, post, poll options and descriptions.
    pub(crate) fn text(&self) -> &str {
        self.text.get_or_init(|| text::plain::remote(&self.html))
    }
}

/// Entities stay the JSON text they are, strings are unwrapped; what JavaScript holds for nothing is nothing.
fn text_of(payload: &str) -> Option<Box<str>> {
    if payload.starts_with('"') {
        let text: String = serde_json::from_str(payload).ok()?;
        return Some(text).filter(|text| !text.is_empty()).map(Into::into);
    }
    let is_nothing = matches!(payload, "null" | "false" | "0");
    (!is_nothing).then(|| payload.into())
}
