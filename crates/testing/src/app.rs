//! The three programs in the test's own process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use config::{Clock, Config, Source};
use db::PgConnection;
use http::Request;
use http_body_util::BodyExt as _;
use shared::App;
use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::answer::Answer;
use crate::database::TestDatabase;
use crate::network::Network;
use crate::person::Person;
use crate::redis::TestRedis;
use crate::{fixture, process, statements};

const PATIENCE: Duration = Duration::from_secs(240);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Nothing is left to do. What is meant for later, such as a letter about a mention, may wait.
pub const QUIET: &str = "SELECT NOT EXISTS (SELECT FROM ferrodon.delivery) AND NOT EXISTS (
  SELECT FROM ferrodon.job WHERE attempt > 0 OR deaths > 0 OR run_at <= now())";

/// Cheap to clone; database and Redis end with the last one.
#[derive(Clone)]
pub struct TestApp(Arc<Parts>);

struct Parts {
    app: App,
    worker: worker::Context,
    streaming: streaming::App,
    web: Router,
    environment: Vec<(String, String)>,
    // dropped after what uses them
    database: TestDatabase,
    redis: Mutex<TestRedis>,
    _files: TempDir,
}

/// Says what is not usual about a server.
pub struct Builder {
    domain: String,
    variables: Vec<(String, String)>,
    clock: Clock,
}

impl TestApp {
    /// A fresh server with rate limits off.
    pub async fn new() -> Self {
        Self::builder().start().await
    }

    #[must_use]
    pub fn builder() -> Builder {
        Builder { domain: "here.example".to_owned(), variables: Vec::new(), clock: Clock::System }
    }

    /// A server that the others of this network reach over TLS.
    pub async fn in_network(network: &Network, domain: &str) -> Self {
        let app = Self::builder().domain(domain).variables(network.variables()).start().await;
        network.serve(domain, app.router());
        app
    }

    /// From now on there is no Redis.
    pub fn kill_redis(&self) {
        self.0.redis.lock().unwrap().kill();
    }

    /// Settings, stores and doors as handlers have them.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.0.app
    }

    #[must_use]
    pub fn worker(&self) -> &worker::Context {
        &self.0.worker
    }

    #[must_use]
    pub fn database(&self) -> &TestDatabase {
        &self.0.database
    }

    /// The variables with which it was started.
    #[must_use]
    pub fn environment(&self) -> &[(String, String)] {
        &self.0.environment
    }

    #[must_use]
    pub fn domain(&self) -> &str {
        &self.app().config.federation.local_domain
    }

    /// Web and streaming behind one address, as a proxy puts them.
    pub fn router(&self) -> Router {
        self.0.web.clone()
    }

    pub(crate) fn streaming(&self) -> Router {
        streaming::router(self.0.streaming.clone())
    }

    /// A connection of the program's pool.
    pub async fn conn(&self) -> db::Conn {
        self.app().db.acquire().await.unwrap()
    }

    /// A person of this server with a token for everything but administration.
    pub async fn account(&self, username: &str) -> Person {
        let mut conn = self.conn().await;
        let account = fixture::account::local(&mut conn, username).await;
        let token = fixture::token::insert(&mut conn, account.user_id, fixture::token::ALL_SCOPES).await;
        Person::new(self.clone(), username, account, token)
    }

    /// Runs what is due, and what comes of it, until nothing is. Returns how many ran.
    pub async fn run_jobs(&self) -> usize {
        worker::drain(self.worker()).await.unwrap()
    }

    /// A worker with all its lanes and loops, until the query answers true.
    ///
    /// # Panics
    /// It does not within four minutes.
    pub async fn work_until(&self, query: &'static str) {
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(worker::run(self.worker().clone(), process::options(), stopped));
        self.wait_until(query).await;
        stop.send_replace(true);
        working.await.unwrap().unwrap();
    }

    /// Waits until the query answers true.
    ///
    /// # Panics
    /// It does not within four minutes.
    pub async fn wait_until(&self, query: &'static str) {
        let done = async {
            while !sqlx::query_scalar::<_, bool>(query).fetch_one(&mut *self.conn().await).await.unwrap() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, done).await;
        assert!(waited.is_ok(), "not true within {PATIENCE:?}: {query}\n{}", self.left().await);
    }

    /// What waits in the queues, for the message of a test that waited in vain.
    async fn left(&self) -> String {
        let left = "SELECT concat_ws(chr(10), (SELECT count(*) FROM ferrodon.job), (SELECT count(*) FROM ferrodon.delivery), (SELECT string_agg(kind || ' ' || coalesce(last_error, ''), chr(10)) FROM (SELECT * FROM ferrodon.job LIMIT 5) AS j)
          , (SELECT string_agg(inbox_url || ' ' || coalesce(last_error, ''), chr(10)) FROM (SELECT * FROM ferrodon.delivery LIMIT 5) AS d))";
        sqlx::query_scalar::<_, Option<String>>(left).fetch_one(&mut *self.conn().await).await.unwrap().unwrap_or_default()
    }

    /// A request as the proxy passes it on. Scheme, host and client address are filled in.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
        request.extensions_mut().insert(ConnectInfo(peer));
        let headers = request.headers_mut();
        headers.entry("host").or_insert_with(|| self.domain().parse().unwrap());
        headers.entry("x-forwarded-proto").or_insert_with(|| "https".parse().unwrap());
        headers.entry("x-forwarded-for").or_insert_with(|| "203.0.113.1".parse().unwrap());
        let response = self.router().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let is_routed = head.extensions.get::<shared::Unrouted>().is_none();
        Answer { status: head.status, headers: head.headers, body, is_routed }
    }

    /// A signed delivery to the shared inbox by an actor of [`fixture::account::remote_many`].
    pub async fn delivered(&self, actor: &str, activity: &serde_json::Value) -> Answer {
        crate::remote_server::deliver(self, actor, activity).await
    }

    /// Without a token.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// For a test that must know what stands in a table.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&mut *self.conn().await).await.unwrap()
    }
}

impl Builder {
    #[must_use]
    pub fn domain(mut self, domain: &str) -> Self {
        domain.clone_into(&mut self.domain);
        self
    }

    /// One of the variables that an operator would set.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn variables(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    pub async fn start(self) -> TestApp {
        let database = TestDatabase::new().await;
        self.start_on(database).await
    }

    /// On a database that stands already.
    pub async fn start_on(self, database: TestDatabase) -> TestApp {
        statements::listen();
        let redis = TestRedis::start().await;
        let files = tempfile::tempdir().unwrap();
        let mut variables = environment(&self.domain, &database, &redis, &files);
        variables.extend(self.variables);
        let mut config = Config::from_source(&Source::from_pairs(variables.clone())).unwrap();
        config.clock = self.clock;
        check(&mut database.connect().await).await;
        let app = App::new(config.clone()).unwrap();
        services::instance_actor::ensure(&app.db).await.unwrap();
        let worker = worker::Context::new(config.clone()).unwrap();
        let streaming = streaming::App::start(app.db.clone(), app.kv.clone(), config.web, config.clock);
        let web = server::web::router(app.clone());
        TestApp(Arc::new(Parts {
            app,
            worker,
            streaming,
            web,
            environment: variables,
            database,
            redis: Mutex::new(redis),
            _files: files,
        }))
    }
}

async fn check(conn: &mut PgConnection) {
    db::schema::check(conn).await.unwrap();
    conn.ping().await.unwrap();
}

/// What an operator would write into `.env.production`.
pub(crate) fn environment(domain: &str, database: &TestDatabase, redis: &TestRedis, files: &TempDir) -> Vec<(String, String)> {
    [
        ("LOCAL_DOMAIN", domain.to_owned()),
        ("DATABASE_URL", database.url()),
        ("REDIS_URL", redis.url()),
        ("PAPERCLIP_ROOT_PATH", files.path().display().to_string()),
        ("RAILS_SERVE_STATIC_FILES", "true".to_owned()),
        ("FERRODON_RATE_LIMITS", "false".to_owned()),
        ("FERRODON_UNSAFE_DATABASE", "true".to_owned()),
        ("SMTP_DELIVERY_METHOD", "file".to_owned()),
        // People of tests get letters there; nobody is asked where that is.
        ("FERRODON_HOSTS", "mail.example=127.0.0.1:9".to_owned()),
        ("SECRET_KEY_BASE", "0123456789abcdef".repeat(8)),
        ("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY", "p".repeat(32)),
        ("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY", "d".repeat(32)),
        ("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT", "s".repeat(32)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
