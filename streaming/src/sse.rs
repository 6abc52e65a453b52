//! Server-sent events: one stream for each request, named by its path.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use tokio::time::{Instant, Interval, interval_at};

use crate::app::App;
use crate::auth;
use crate::channel::{self, Params, Stream};
use crate::metrics::Transport;
use crate::refusal::Refusal;
use crate::serve::Peer;
use crate::session::Session;

const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    access_token: Option<String>,
    only_media: Option<String>,
    tag: Option<String>,
    list: Option<String>,
}

pub(crate) async fn open(app: App, peer: Peer, request: Request) -> Result<Response, Refusal> {
    let parameters = parameters(&request);
    let only_media = parameters.only_media.as_deref().is_some_and(is_true);
    let stream = Stream::from_path(request.uri().path(), only_media).ok_or(Refusal::UNKNOWN_CHANNEL)?;
    if request.method() != Method::GET {
        return Err(Refusal::NOT_FOUND);
    }
    let identity = auth::authenticate(&app, request.headers(), parameters.access_token.as_deref()).await?;
    channel::check_scopes(&identity, Some(stream))?;
    let address = app.client_address(peer, request.headers());
    let slot = app.limits.take(identity.account_id, address)?;
    let mut session = Session::open(app, identity, Transport::EventSource, slot).await;
    session.subscribe(stream.name(), &Params { tag: parameters.tag, list: parameters.list }).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        // nginx would otherwise hold events back until its buffer is full.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(chunks(session))).into_response())
}

fn parameters(request: &Request) -> Parameters {
    Query::<Vec<(String, String)>>::try_from_uri(request.uri())
        .map(|Query(pairs)| Parameters::from_pairs(pairs))
        .unwrap_or_default()
}

impl Parameters {
    /// Of a repeated parameter the first one counts.
    fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        let mut parameters = Self::default();
        for (name, value) in pairs {
            let place = match name.as_str() {
                "access_token" => &mut parameters.access_token,
                "only_media" => &mut parameters.only_media,
                "tag" => &mut parameters.tag,
                "list" => &mut parameters.list,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        parameters
    }
}

fn is_true(value: &str) -> bool {
    !matches!(value, "" | "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF")
}

struct State {
    session: Session,
    heartbeat: Interval,
    leave: Pin<Box<dyn Future<Output = ()> + Send>>,
}

fn chunks(session: Session) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
    let leave = Box::pin(session.app.leave());
    let state = State { session, heartbeat: interval_at(Instant::now() + HEARTBEAT, HEARTBEAT), leave };
    let greeting = stream::once(std::future::ready(Bytes::from_static(b":)\n")));
    let rest = stream::unfold(Some(state), |state| async move { next(state?).await });
    greeting.chain(rest).map(Ok)
}

/// The next thing to write; without a state there is nothing after it.
async fn next(mut state: State) -> Option<(Bytes, Option<State>)> {
    loop {
        let delivery = tokio::select! {
            () = state.session.mailbox.closed() => return None,
            () = &mut state.leave => return Some((come_back(), None)),
            _ = state.heartbeat.tick() => None,
            delivery = state.session.queue.recv() => Some(delivery?),
        };
        let Some(delivery) = delivery else { return Some((Bytes::from_static(b":thump\n"), Some(state))) };
        let Some(outgoing) = state.session.prepare(delivery).await else { continue };
        state.session.sent(1);
        let chunk = match &outgoing.payload {
            Some(payload) => outgoing.event.chunk_with(payload),
            None => outgoing.event.chunk(),
        };
        return Some((chunk, Some(state)));
    }
}

/// Tells the client how long to wait, each another time.
fn come_back() -> Bytes {
    let milliseconds: u16 = rand::random_range(1000..10_000);
    format!("retry: {milliseconds}\n\n").into()
}
