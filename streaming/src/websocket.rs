//! WebSockets: many streams over one connection.

use std::pin::pin;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequest, Query, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{FutureExt, SinkExt};
use serde_json::Value;
use tokio::time::{Instant, interval_at, timeout};

use crate::app::App;
use crate::auth;
use crate::channel::Params;
use crate::mailbox::Delivery;
use crate::metrics::Transport;
use crate::refusal::{self, Refusal};
use crate::serve::Peer;
use crate::session::Session;

const PING: Duration = Duration::from_secs(30);
/// Clients send wishes of some hundred bytes. The default of 128 KiB would be held by every connection.
const READ_BUFFER: usize = 2048;
const WRITE_BUFFER: usize = 4096;
const MAX_MESSAGE: usize = 16 * 1024;
/// Events that are written before the socket is flushed.
const EVENTS_PER_WRITE: usize = 32;
/// After saying that the connection is over.
const CLOSING: Duration = Duration::from_secs(2);

const UNSUPPORTED: u16 = 1003;
const SERVICE_RESTART: u16 = 1012;

pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    let names = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    names(header::UPGRADE).eq_ignore_ascii_case("websocket")
}

pub(crate) async fn open(app: App, peer: Peer, request: Request) -> Response {
    let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri()).map(|Query(pairs)| pairs).unwrap_or_default();
    // Of a repeated parameter the first one counts.
    let parameter = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let identity = match auth::authenticate(&app, request.headers(), parameter("access_token").as_deref()).await {
        Ok(identity) => identity,
        Err(refusal) => return refusal.to_upgrade(),
    };
    let address = app.client_address(peer, request.headers());
    let slot = match app.limits.take(identity.account_id, address) {
        Ok(slot) => slot,
        Err(refusal) => return refusal.to_upgrade(),
    };
    let first = parameter("stream").filter(|stream| !stream.is_empty());
    let params = Params { tag: parameter("tag"), list: parameter("list") };
    let protocol = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL).and_then(first_protocol);
    let mut upgrade = match WebSocketUpgrade::from_request(request, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    if let Some(protocol) = protocol {
        upgrade.set_selected_protocol(protocol);
    }
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| async move {
            let session = Session::open(app, identity, Transport::WebSocket, slot).await;
            Connection { socket, session, is_alive: true }.run(first.map(|name| (name, params))).await;
        })
}

struct Connection {
    socket: WebSocket,
    session: Session,
    /// Something came since the last ping.
    is_alive: bool,
}

/// Why the connection is over.
enum End {
    /// The client went, or does not answer.
    Gone,
    /// Token revoked, or far behind. Mastodon gives no code.
    Cut,
    Closed(u16, &'static str),
}

enum Input {
    Message(Option<Result<Message, axum::Error>>),
    Delivery(Option<Delivery>),
    Ping,
    Cut,
    Leave,
}

impl Connection {
    async fn run(mut self, first: Option<(String, Params)>) {
        let end = match self.serve(first).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let frame = match end {
            End::Gone => return,
            End::Cut => None,
            End::Closed(code, reason) => Some(CloseFrame { code, reason: reason.into() }),
        };
        // Without hearing the client out, the kernel would reset the connection and the frame could be lost.
        let _ = timeout(CLOSING, async {
            if self.socket.send(Message::Close(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        })
        .await;
    }

    async fn serve(&mut self, first: Option<(String, Params)>) -> Result<std::convert::Infallible, End> {
        if let Some((name, params)) = first {
            self.subscribe(&name, &params).await?;
        }
        let mut ping = interval_at(Instant::now() + PING, PING);
        let mut leave = pin!(self.session.app.leave());
        loop {
            let input = tokio::select! {
                () = self.session.mailbox.closed() => Input::Cut,
                () = &mut leave => Input::Leave,
                message = self.socket.recv() => Input::Message(message),
                delivery = self.session.queue.recv() => Input::Delivery(delivery),
                _ = ping.tick() => Input::Ping,
            };
            match input {
                Input::Message(Some(Ok(message))) => self.receive(message).await?,
                Input::Delivery(Some(delivery)) => self.deliver(delivery).await?,
                Input::Ping if std::mem::take(&mut self.is_alive) => self.send(Message::Ping(bytes::Bytes::new())).await?,
                Input::Message(_) | Input::Delivery(None) | Input::Ping => return Err(End::Gone),
                Input::Cut => return Err(End::Cut),
                Input::Leave => return Err(End::Closed(SERVICE_RESTART, "service restart")),
            }
        }
    }

    async fn receive(&mut self, message: Message) -> Result<(), End> {
        self.is_alive = true;
        match message {
            Message::Text(text) => self.obey(text.as_str()).await,
            Message::Binary(_) => Err(End::Closed(UNSUPPORTED, "The mastodon streaming server does not support binary messages")),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(End::Gone),
        }
    }

    /// Whatever is no wish is ignored.
    async fn obey(&mut self, text: &str) -> Result<(), End> {
        let Ok(Value::Object(wish)) = serde_json::from_str::<Value>(text) else { return Ok(()) };
        let name = match wish.get("stream") {
            Some(Value::Array(names)) => names.first().and_then(Value::as_str),
            name => name.and_then(Value::as_str),
        };
        let name = name.unwrap_or_default();
        let params = Params { tag: wish.get("tag").and_then(parameter), list: wish.get("list").and_then(parameter) };
        match wish.get("type").and_then(Value::as_str) {
            Some("subscribe") => self.subscribe(name, &params).await,
            Some("unsubscribe") => match self.session.unsubscribe(name, &params).await {
                Ok(()) => Ok(()),
                Err(_) => self.send(Message::text(refusal::cannot_unsubscribe())).await,
            },
            _ => Ok(()),
        }
    }

    async fn subscribe(&mut self, name: &str, params: &Params) -> Result<(), End> {
        match self.session.subscribe(name, params).await {
            Ok(()) => Ok(()),
            Err(refusal) => self.send(Message::text(Refusal::frame(refusal))).await,
        }
    }

    /// Writes this one and what else waits, then flushes once.
    async fn deliver(&mut self, first: Delivery) -> Result<(), End> {
        let mut next = Some(first);
        let mut count = 0;
        while let Some(delivery) = next {
            if let Some(outgoing) = self.session.prepare(delivery).await {
                let label = &outgoing.subscription.label;
                let frame = match &outgoing.payload {
                    Some(payload) => outgoing.event.frame_with(label, payload),
                    None => outgoing.event.frame(label),
                };
                let mailbox = &self.session.mailbox;
                tokio::select! {
                    result = self.socket.feed(Message::Text(frame)) => result.map_err(|_| End::Gone)?,
                    () = mailbox.closed() => return Err(End::Cut),
                }
                count += 1;
            }
            next = if count < EVENTS_PER_WRITE { self.session.queue.recv().now_or_never().flatten() } else { None };
        }
        self.session.sent(count);
        let mailbox = &self.session.mailbox;
        tokio::select! {
            result = self.socket.flush() => result.map_err(|_| End::Gone),
            () = mailbox.closed() => Err(End::Cut),
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        let mailbox = &self.session.mailbox;
        tokio::select! {
            result = self.socket.send(message) => result.map_err(|_| End::Gone),
            () = mailbox.closed() => Err(End::Cut),
        }
    }
}

/// Programs send list ids as numbers too.
fn parameter(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Answered as it was offered: browsers close a connection whose server chose none.
fn first_protocol(offered: &HeaderValue) -> Option<HeaderValue> {
    let first = offered.to_str().ok()?.split(',').next()?.trim();
    HeaderValue::from_str(first).ok().filter(|protocol| !protocol.is_empty())
}
