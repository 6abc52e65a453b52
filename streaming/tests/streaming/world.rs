//! Accounts with tokens, a running server, and clients of both kinds.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::streaming::{App, Listener};
use config::{Clock, Listen, RedisServer, Source, Web};
use db::Db;
use futures_util::{SinkExt, StreamExt};
use kv::Kv;
use kv::publish::{Channel, Message, Scope};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, oneshot};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
pub(crate) const PUBLIC: Channel = Channel::Public { scope: Scope::All, only_media: false };

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) kv: Kv,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    /// Public channels are shared with other tests: only events with this in their id are ours.
    nonce: u64,
    count: AtomicU64,
}

pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) token: String,
}

pub(crate) fn redis_url() -> String {
    Source::from_process().text("REDIS_URL").unwrap_or_else(|| "redis://localhost:6379".to_owned())
}

/// One for all tests, which keep apart by their accounts; it stays for the next run.
async fn database() -> Db {
    const NAME: &str = "ferrodon_streaming_test";
    static READY: OnceCell<()> = OnceCell::const_new();
    let options = |name: &str| PgConnectOptions::new().database(name);
    let prepare = || async {
        let mut admin = PgConnection::connect_with(&options("postgres")).await.unwrap();
        // Fails if it is there already, which is as good.
        let _ = sqlx::raw_sql("CREATE DATABASE ferrodon_streaming_test").execute(&mut admin).await;
        let mut conn = PgConnection::connect_with(&options(NAME)).await.unwrap();
        db::schema::setup(&mut conn).await.unwrap();
    };
    READY.get_or_init(prepare).await;
    Db::from_pool(PgPoolOptions::new().max_connections(3).connect_lazy_with(options(NAME)))
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_redis(&redis_url()).await
    }

    /// The server's Redis may be reached another way than the test's own.
    pub(crate) async fn with_redis(url: &str) -> Self {
        let db = database().await;
        let kv = |url: &str| Kv::connect_lazy(&RedisServer::Url(url.to_owned())).unwrap();
        let web = Web {
            listen: Listen::Tcp { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port: Some(0) },
            trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
            serve_files: false,
            rate_limits: true,
        };
        let app = App::start(db.clone(), kv(url), web, Clock::System);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            ::streaming::run(app, Listener::Tcp(listener), async {
                let _ = stopped.await;
            })
            .await;
        });
        let nonce = rand::random_range(1_000_000..9_000_000);
        Self { db, kv: kv(&redis_url()), address, stop: Some(stop), nonce, count: AtomicU64::new(0) }
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// A new id that events of this world are known by.
    pub(crate) fn id(&self) -> String {
        format!("{}{:04}", self.nonce, self.count.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) async fn account(&self) -> Account {
        self.account_with("read").await
    }

    pub(crate) async fn account_with(&self, scopes: &str) -> Account {
        let mut conn = self.db.acquire().await.unwrap();
        let name = format!("u{}", self.id());
        let id: i64 =
            sqlx::query_scalar("INSERT INTO accounts (username, created_at, updated_at) VALUES ($1, now(), now()) RETURNING id")
                .bind(&name)
                .fetch_one(&mut *conn)
                .await
                .unwrap();
        let user_id: i64 = sqlx::query_scalar(
            "INSERT INTO users (email, account_id, created_at, updated_at) VALUES ($1, $2, now(), now()) RETURNING id",
        )
        .bind(format!("{name}@example.com"))
        .bind(id)
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        let token = self.token(user_id, scopes).await;
        Account { id, user_id, token }
    }

    pub(crate) async fn token(&self, user_id: i64, scopes: &str) -> String {
        let token = format!("token{}", self.id());
        self.run(
            "INSERT INTO oauth_access_tokens (token, resource_owner_id, scopes, created_at) VALUES ($1, $2::bigint, $3, now())",
            &[&token, &user_id.to_string(), scopes],
        )
        .await;
        token
    }

    /// Parameters are text; the statement casts them.
    pub(crate) async fn run(&self, sql: &'static str, parameters: &[&str]) {
        let mut query = sqlx::query(sql);
        for parameter in parameters {
            query = query.bind((*parameter).to_owned());
        }
        query.execute(&mut *self.db.acquire().await.unwrap()).await.unwrap();
    }

    pub(crate) async fn number(&self, sql: &'static str, parameters: &[&str]) -> i64 {
        let mut query = sqlx::query_scalar(sql);
        for parameter in parameters {
            query = query.bind((*parameter).to_owned());
        }
        query.fetch_one(&mut *self.db.acquire().await.unwrap()).await.unwrap()
    }

    pub(crate) async fn publish(&self, channel: &Channel, event: &str, payload: &Value) {
        let message = Message::new(event, payload).unwrap();
        kv::publish::publish(&self.kv, &[(channel.clone(), message)]).await.unwrap();
    }

    pub(crate) async fn tell(&self, channel: Channel, event: &str) {
        kv::publish::publish(&self.kv, &[(channel, Message::bare(event).unwrap())]).await.unwrap();
    }

    /// A post as it is rendered for everybody.
    pub(crate) fn post(&self, author: i64, acct: &str, content: &str) -> Value {
        json!({
            "id": self.id(), "language": "en", "spoiler_text": "", "content": content, "poll": null,
            "account": {"id": author.to_string(), "username": acct.split('@').next(), "acct": acct},
            "mentions": [], "media_attachments": [],
        })
    }

    /// Connected, with its subscription in effect.
    pub(crate) async fn ws(&self, account: &Account, query: &str) -> Ws {
        let mut ws = self.ws_raw(&format!("access_token={}&{query}", account.token), &[]).await.unwrap();
        ws.settle().await;
        ws
    }

    pub(crate) async fn ws_raw(&self, query: &str, headers: &[(&'static str, &str)]) -> Result<Ws, tungstenite::Error> {
        let mut request = format!("ws://{}/api/v1/streaming?{query}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, response) = connect_async(request).await?;
        let protocol = response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap().to_owned());
        Ok(Ws { socket, protocol, nonce: self.nonce.to_string(), early: Vec::new() })
    }

    pub(crate) async fn sse(&self, account: &Account, path: &str) -> Sse {
        let sse = self
            .http("GET", &format!("/api/v1/streaming/{path}"), &[("Authorization", &format!("Bearer {}", account.token))])
            .await;
        assert_eq!(sse.status, 200);
        sse
    }

    pub(crate) async fn http(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Sse {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: streaming.example\r\n");
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        Sse::read_head(BufReader::new(stream), self.nonce.to_string()).await
    }

    pub(crate) async fn body(&self, target: &str) -> (u16, String) {
        let mut answer = self.http("GET", target, &[]).await;
        (answer.status, answer.body().await)
    }
}

pub(crate) struct Ws {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) protocol: Option<String>,
    nonce: String,
    early: Vec<Value>,
}

/// What a socket says at its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) code: Option<u16>,
    pub(crate) reason: String,
}

impl Ws {
    pub(crate) async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send_raw(tungstenite::Message::text(text)).await;
    }

    pub(crate) async fn send_raw(&mut self, message: tungstenite::Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Wishes are met in their order, so an answer to this one says that all earlier ones are in effect.
    pub(crate) async fn settle(&mut self) {
        self.send(json!({"type": "unsubscribe", "stream": "settled?"})).await;
        loop {
            let message = self.read().await.unwrap();
            if message == json!({"error": "Error unsubscribing from channel"}) {
                return;
            }
            self.early.push(message);
        }
    }

    /// The next message that is not another test's.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = if self.early.is_empty() { self.read().await.unwrap() } else { self.early.remove(0) };
            if is_ours(&message, &self.nonce) {
                return message;
            }
        }
    }

    pub(crate) async fn next_id(&mut self) -> String {
        id_of(&self.next().await)
    }

    /// Reads on to the end.
    pub(crate) async fn closed(&mut self) -> Closed {
        loop {
            if let Err(closed) = self.read().await {
                return closed;
            }
        }
    }

    pub(crate) async fn read(&mut self) -> Result<Value, Closed> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("a message in time");
            match message {
                Some(Ok(tungstenite::Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(tungstenite::Message::Close(frame))) => {
                    let reason = frame.as_ref().map(|frame| frame.reason.to_string()).unwrap_or_default();
                    return Err(Closed { code: frame.map(|frame| frame.code.into()), reason });
                }
                Some(Ok(_)) => {}
                _ => return Err(Closed { code: None, reason: "lost".to_owned() }),
            }
        }
    }

    pub(crate) async fn pong(&mut self) -> Vec<u8> {
        loop {
            if let tungstenite::Message::Pong(data) = timeout(PATIENCE, self.socket.next()).await.unwrap().unwrap().unwrap() {
                return data.to_vec();
            }
        }
    }
}

pub(crate) struct Sse {
    reader: BufReader<TcpStream>,
    nonce: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    waiting: String,
}

impl Sse {
    async fn read_head(mut reader: BufReader<TcpStream>, nonce: String) -> Self {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            timeout(PATIENCE, reader.read_line(&mut line)).await.unwrap().unwrap();
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let split = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())).unwrap();
        Self { reader, nonce, status, headers: lines[1..].iter().map(split).collect(), waiting: String::new() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) async fn body(&mut self) -> String {
        let length: usize = self.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).await.unwrap();
        String::from_utf8(body).unwrap()
    }

    /// The next line, or `None` at the end of the stream.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            if let Some((line, rest)) = self.waiting.split_once('\n') {
                let line = line.to_owned();
                self.waiting = rest.to_owned();
                return Some(line);
            }
            let chunk = self.chunk().await?;
            self.waiting.push_str(&chunk);
        }
    }

    /// Event and payload.
    pub(crate) async fn next(&mut self) -> (String, String) {
        let mut event = String::new();
        loop {
            let line = self.line().await.expect("an event");
            if let Some(name) = line.strip_prefix("event: ") {
                event = name.to_owned();
            } else if let Some(payload) = line.strip_prefix("data: ")
                && payload.contains(&self.nonce)
            {
                return (event, payload.to_owned());
            }
        }
    }

    async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        timeout(PATIENCE, self.reader.read_line(&mut size)).await.expect("a chunk in time").ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok().filter(|size| *size > 0)?;
        let mut chunk = vec![0; size + 2];
        self.reader.read_exact(&mut chunk).await.ok()?;
        chunk.truncate(size);
        Some(String::from_utf8(chunk).unwrap())
    }
}

fn is_ours(message: &Value, nonce: &str) -> bool {
    message.get("error").is_some() || id_of(message).starts_with(nonce)
}

/// Of the post, or of what was deleted.
pub(crate) fn id_of(message: &Value) -> String {
    let payload = message["payload"].as_str().unwrap_or_default();
    match serde_json::from_str::<Value>(payload) {
        Ok(Value::Object(entity)) => entity["id"].as_str().unwrap_or_default().to_owned(),
        _ => payload.to_owned(),
    }
}

/// Passes bytes on to the real Redis until it is told to drop them.
pub(crate) struct Proxy {
    pub(crate) url: String,
    connections: Arc<std::sync::Mutex<Vec<tokio::task::AbortHandle>>>,
}

impl Proxy {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let connections: Arc<std::sync::Mutex<Vec<tokio::task::AbortHandle>>> = Arc::default();
        let open = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let task = tokio::spawn(async move {
                    let target = redis_url();
                    if let Some(path) = target.strip_prefix("unix://") {
                        let mut redis = tokio::net::UnixStream::connect(path).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut redis).await;
                    } else {
                        let host = target.trim_start_matches("redis://").split('/').next().unwrap().to_owned();
                        let mut redis = TcpStream::connect(host).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut redis).await;
                    }
                });
                open.lock().unwrap().push(task.abort_handle());
            }
        });
        Self { url, connections }
    }

    pub(crate) fn cut(&self) {
        self.connections.lock().unwrap().drain(..).for_each(|connection| connection.abort());
    }
}
