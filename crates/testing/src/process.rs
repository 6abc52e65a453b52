//! A program in a process of its own, which can be killed at a chosen statement. It is the test binary once more, running the
//! one ignored test that calls [`main`].

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use config::{Config, Source};
use http::Request;
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use jobs::Lane;
use jobs::guard::Overrides;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tracing::{Event, Metadata, Subscriber, span};

use crate::answer::Answer;
use crate::app::TestApp;

const ROLE: &str = "FERRODON_TEST_ROLE";
const KILL_AT: &str = "FERRODON_TEST_KILL_AT";
const LEDGER: &str = "FERRODON_TEST_LEDGER";
const START: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Web,
    Worker,
}

/// Ends with the value at the latest.
pub struct Process {
    child: Child,
    folder: TempDir,
}

impl Process {
    /// Starts the program on the database, Redis and files of `app`. `test` is the path of the ignored test; with `kill_at`
    /// the process is killed (SIGKILL) when that many statements of its life have been answered.
    pub async fn start(app: &TestApp, test: &str, role: Role, kill_at: Option<usize>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([test, "--exact", "--ignored", "--nocapture"])
            .envs(app.environment().iter().map(|(name, value)| (name, value)))
            .env("SOCKET", folder.path().join("web.sock"))
            .env(LEDGER, folder.path().join("statements"))
            .env(ROLE, if role == Role::Web { "web" } else { "worker" })
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(folder.path().join("log")).unwrap());
        if let Some(number) = kill_at {
            command.env(KILL_AT, number.to_string());
        }
        let mut process = Self { child: command.spawn().unwrap(), folder };
        if role == Role::Web {
            process.wait_for_socket().await;
        }
        process
    }

    async fn wait_for_socket(&mut self) {
        let there = async {
            while UnixStream::connect(self.folder.path().join("web.sock")).await.is_err() {
                assert!(self.child.try_wait().unwrap().is_none(), "web stopped: {}", self.log());
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(START, there).await.expect("web does not listen");
    }

    /// What it wrote to standard error.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The statements of its life so far, by their first words.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("statements")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The number by which another process can kill it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has been killed by its own counter or by somebody else.
    pub async fn killed(&mut self) {
        let gone = async {
            while self.child.try_wait().unwrap().is_none() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let waited = tokio::time::timeout(START, gone).await;
        assert!(waited.is_ok(), "it was not killed; {} statements so far; {}", self.statements().len(), self.log());
    }

    /// A POST with a token and an idempotency key; `None` if the connection broke before the answer.
    pub async fn post(&self, app: &TestApp, path: &str, token: &str, key: &str, params: &Value) -> Option<Answer> {
        let request = Request::post(path)
            .header("host", app.domain())
            .header("x-forwarded-proto", "https")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(Body::from(params.to_string()))
            .unwrap();
        let stream = UnixStream::connect(self.folder.path().join("web.sock")).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: head.status, headers: head.headers, body, is_routed: true })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// As an operator's `kill -9`.
pub fn kill(process: u32) {
    let _ = Command::new("sh").args(["-c", &format!("kill -9 {process}")]).stderr(Stdio::null()).status();
}

/// The body of the ignored test: the program, told by the environment.
pub async fn main() {
    let source = Source::from_process();
    let role = source.text(ROLE).expect("started by another test, never by itself");
    let ledger = File::create(PathBuf::from(source.text(LEDGER).unwrap())).unwrap();
    let kill_at = source.text(KILL_AT).map_or(usize::MAX, |number| number.parse().unwrap());
    let counter = Counter { ledger: Mutex::new(ledger), seen: AtomicUsize::new(0), kill_at };
    tracing::subscriber::set_global_default(counter).unwrap();
    let config = Config::from_source(&source).unwrap();
    if role == "web" {
        server::web::serve(config).await.unwrap();
    } else {
        let (_stop, stopped) = watch::channel(false);
        worker::run(worker::Context::new(config).unwrap(), options(), stopped).await.unwrap();
    }
}

pub(crate) fn options() -> worker::Options {
    let overrides = Overrides { unsafe_database: true, beside_sidekiq: false };
    worker::Options { lanes: Lane::ALL.to_vec(), concurrency: None, overrides }
}

struct Counter {
    ledger: Mutex<File>,
    seen: AtomicUsize,
    kill_at: usize,
}

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == crate::statements::TARGET
    }

    fn event(&self, event: &Event<'_>) {
        let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        let line = format!("{}\n", crate::statements::summary(event).replace('\n', " "));
        self.ledger.lock().unwrap().write_all(line.as_bytes()).unwrap();
        if number == self.kill_at {
            kill(std::process::id());
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
