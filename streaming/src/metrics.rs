//! Counters under the names of Mastodon's streaming server, as Prometheus reads them.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::channel::Stream;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    WebSocket,
    EventSource,
}

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    websocket: Connections,
    eventsource: Connections,
    redis_subscriptions: AtomicU64,
    redis_messages: AtomicU64,
    waiting_queries: AtomicI64,
}

#[derive(Debug, Default)]
struct Connections {
    clients: AtomicI64,
    messages: AtomicU64,
    system_channels: AtomicI64,
    /// In the order of [`Stream::ALL`].
    channels: [AtomicI64; Stream::ALL.len()],
}

/// One less when it is dropped.
pub(crate) struct Waiting<'a>(&'a AtomicI64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn client_connected(&self, transport: Transport) {
        self.of(transport).clients.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn client_gone(&self, transport: Transport) {
        self.of(transport).clients.fetch_sub(1, Ordering::Relaxed);
    }

    /// Returns when nobody is connected any more.
    pub(crate) async fn all_clients_gone(&self) {
        while load(&self.websocket.clients) + load(&self.eventsource.clients) > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// `None` is the pair of channels on which a session hears about itself.
    pub(crate) fn channel_opened(&self, transport: Transport, stream: Option<Stream>) {
        self.count_channel(transport, stream, 1);
    }

    pub(crate) fn channel_closed(&self, transport: Transport, stream: Option<Stream>) {
        self.count_channel(transport, stream, -1);
    }

    pub(crate) fn messages_sent(&self, transport: Transport, count: usize) {
        self.of(transport).messages.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn message_received(&self) {
        self.redis_messages.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_redis_subscriptions(&self, count: usize) {
        self.redis_subscriptions.store(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn waiting_query(&self) -> Waiting<'_> {
        self.waiting_queries.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting_queries)
    }

    fn count_channel(&self, transport: Transport, stream: Option<Stream>, change: i64) {
        let connections = self.of(transport);
        match stream {
            None => _ = connections.system_channels.fetch_add(2 * change, Ordering::Relaxed),
            Some(stream) => {
                let position = Stream::ALL.iter().position(|(_, known)| *known == stream);
                if let Some(count) = position.and_then(|position| connections.channels.get(position)) {
                    count.fetch_add(change, Ordering::Relaxed);
                }
            }
        }
    }

    fn of(&self, transport: Transport) -> &Connections {
        match transport {
            Transport::WebSocket => &self.websocket,
            Transport::EventSource => &self.eventsource,
        }
    }
}

pub(crate) fn show(app: &App) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (headers, render(app)).into_response()
}

fn render(app: &App) -> String {
    let metrics = &app.metrics;
    let pool = app.db.pool();
    let both = [("websocket", &metrics.websocket), ("eventsource", &metrics.eventsource)];
    let mut page = Page::default();

    page.gauge("pg_pool_total_connections", "Database connections in the pool", pool.size());
    page.gauge("pg_pool_idle_connections", "Database connections that nobody uses", pool.num_idle());
    page.gauge("pg_pool_waiting_queries", "Requests that wait for a database connection", load(&metrics.waiting_queries));

    page.head("connected_clients", "Open connections", "gauge");
    for (kind, connections) in both {
        page.line("connected_clients", &format!(r#"type="{kind}""#), load(&connections.clients));
    }
    page.head("connected_channels", "Open streams", "gauge");
    for (kind, connections) in both {
        let label = |channel: &str| format!(r#"type="{kind}",channel="{channel}""#);
        page.line("connected_channels", &label("system"), load(&connections.system_channels));
        for ((name, _), count) in Stream::ALL.iter().zip(&connections.channels) {
            page.line("connected_channels", &label(name), load(count));
        }
    }
    page.gauge("redis_subscriptions", "Redis channels listened to", metrics.redis_subscriptions.load(Ordering::Relaxed));
    page.head("redis_messages_received_total", "Messages received from Redis", "counter");
    page.line("redis_messages_received_total", "", metrics.redis_messages.load(Ordering::Relaxed));
    page.head("messages_sent_total", "Messages sent to clients", "counter");
    for (kind, connections) in both {
        page.line("messages_sent_total", &format!(r#"type="{kind}""#), connections.messages.load(Ordering::Relaxed));
    }
    if let Some(bytes) = resident_memory() {
        page.gauge("process_resident_memory_bytes", "Memory that the process holds", bytes);
    }
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, help, "gauge");
        self.line(name, "", value);
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

fn load(count: &AtomicI64) -> i64 {
    count.load(Ordering::Relaxed)
}

/// Linux only; elsewhere the line is missing.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}
