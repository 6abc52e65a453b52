//! A database of one's own, copied from a template that `db::schema::setup` made.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;

const MIGRATIONS: [&str; 2] =
    [include_str!("../../../migrations/0001_mastodon_4_6.sql"), include_str!("../../../migrations/0002_ferrodon.sql")];
/// Held while the template is made; any number that nothing else locks.
const TEMPLATE_LOCK: i64 = 0x7465_6d70_6c61_7465;

/// Dropped with the value. What a killed test left behind, the next run drops.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// With both schemas, as `ferrodon db setup` leaves them.
    pub async fn new() -> Self {
        let mut admin = admin().await;
        let template = template(&mut admin).await;
        Self::create(&mut admin, &format!("TEMPLATE {template}")).await
    }

    /// With nothing in it.
    pub async fn empty() -> Self {
        Self::create(&mut admin().await, "TEMPLATE template0").await
    }

    async fn create(admin: &mut PgConnection, options: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("ferrodon_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        run(admin, format!("CREATE DATABASE {name} {options}")).await;
        Self { name }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        url(&self.name)
    }

    /// A connection beside the program's pool.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect_with(&options(&self.name)).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The test's own runtime may be in the middle of ending.
        let dropping = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { run(&mut admin().await, statement).await });
        });
        // A panic in a panic would hide the test's own.
        let _ = dropping.join();
    }
}

fn url(database: &str) -> String {
    let given = config::Source::from_process()
        .text("DATABASE_URL")
        .expect(r#"DATABASE_URL names no PostgreSQL; eval "$(./dev env)" in this shell, or run ./dev test"#);
    let mut url = Url::parse(&given).expect("DATABASE_URL is no URL");
    url.set_path(database);
    url.into()
}

fn options(database: &str) -> PgConnectOptions {
    PgConnectOptions::from_str(&url(database)).unwrap().options([("timezone", "UTC")])
}

async fn admin() -> PgConnection {
    PgConnection::connect_with(&options("postgres")).await.expect("PostgreSQL does not answer; ./dev services starts it")
}

async fn run(conn: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await.unwrap();
}

/// Made once for each state of the migrations, whichever test process comes first.
async fn template(admin: &mut PgConnection) -> String {
    let name = format!("ferrodon_template_{}", fingerprint());
    run(admin, format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await;
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut *admin)
        .await
        .unwrap();
    if !there {
        let unfinished = format!("{name}_unfinished");
        run(admin, format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
        run(admin, format!("CREATE DATABASE {unfinished} TEMPLATE template0")).await;
        let mut conn = PgConnection::connect_with(&options(&unfinished)).await.unwrap();
        db::schema::setup(&mut conn).await.expect("the migrations fail");
        conn.close().await.unwrap();
        run(admin, format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
    }
    drop_leftovers(admin).await;
    run(admin, format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await;
    name
}

fn fingerprint() -> String {
    let digest = digest(&SHA256, MIGRATIONS.concat().as_bytes());
    digest.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Databases of processes that are no more.
async fn drop_leftovers(admin: &mut PgConnection) {
    let names: Vec<String> = sqlx::query_scalar(r"SELECT datname FROM pg_database WHERE datname ~ '^ferrodon_test_\d+_\d+$'")
        .fetch_all(&mut *admin)
        .await
        .unwrap();
    for name in names {
        let process = name.split('_').nth(2).unwrap();
        if !std::path::Path::new("/proc").join(process).exists() {
            let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // Another process may be at it as well.
            let _ = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *admin).await;
        }
    }
}
