//! A stream of server-sent events, read as a client reads it.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use streaming::Peer;
use tower::ServiceExt as _;

use crate::app::TestApp;

/// Something that was expected and has not come by then will not come.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Stream {
    body: Body,
    buffer: String,
}

#[derive(Debug, Clone)]
pub struct Event {
    pub name: String,
    /// JSON, or the bare text where it is none.
    pub payload: Value,
}

impl Stream {
    pub(crate) async fn open(app: &TestApp, name: &str, token: &str) -> Self {
        let mut request = Request::get(format!("/api/v1/streaming/{name}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("x-forwarded-for", "203.0.113.1")
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(Peer(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)))));
        let response = app.streaming().oneshot(request).await.unwrap();
        assert!(response.status().is_success(), "the stream {name} answers {}", response.status());
        let mut stream = Self { body: response.into_body(), buffer: String::new() };
        // The first line says that the subscription stands.
        stream.read().await;
        stream
    }

    /// The next event of this name; others before it are passed over.
    ///
    /// # Panics
    /// None comes within ten seconds.
    pub async fn next(&mut self, name: &str) -> Value {
        let wanted = async {
            loop {
                let event = self.event().await;
                if event.name == name {
                    return event.payload;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wanted).await.unwrap_or_else(|_| panic!("no event {name} came"))
    }

    async fn event(&mut self) -> Event {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                let block: String = self.buffer.drain(..end + 2).collect();
                if let Some(event) = parse(&block) {
                    return event;
                }
            } else {
                self.read().await;
            }
        }
    }

    async fn read(&mut self) {
        let frame = self.body.frame().await.expect("the stream ended").unwrap();
        if let Ok(data) = frame.into_data() {
            self.buffer.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
}

/// `None` for comments, which keep the connection open.
fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let data = field("data:").unwrap_or_default();
    let payload = serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.to_owned()));
    Some(Event { name: field("event:")?.to_owned(), payload })
}
