//! A database of its own for each test, copied from one that our migrations made.

use std::sync::atomic::{AtomicU32, Ordering};

use db::Db;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const MASTODON: &str = include_str!("../../../../migrations/0001_mastodon_4_6.sql");
const FERRODON: &str = include_str!("../../../../migrations/0002_ferrodon.sql");

/// Dropped by [`Database::close`]; one that a failed test leaves behind is dropped by the next run.
pub(crate) struct Database {
    pub(crate) db: Db,
    pub(crate) name: String,
}

impl Database {
    pub(crate) async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("ferrodon_jobs_{}_{number}", std::process::id());
        let mut admin = admin().await;
        let template = template(&mut admin).await;
        run(&mut admin, format!("create database {name} template {template}")).await;
        Self { db: open(&name), name }
    }

    pub(crate) async fn close(self) {
        run(&mut admin().await, format!("drop database {} with (force)", self.name)).await;
    }
}

pub(crate) fn open(name: &str) -> Db {
    let options = PgConnectOptions::new().database(name).options([("timezone", "UTC")]);
    Db::from_pool(PgPoolOptions::new().max_connections(8).connect_lazy_with(options))
}

async fn admin() -> PgConnection {
    PgConnection::connect_with(&PgConnectOptions::new().database("postgres")).await.unwrap()
}

async fn run(conn: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await.unwrap();
}

async fn template(admin: &mut PgConnection) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{MASTODON}{FERRODON}").as_bytes());
    let name = format!("ferrodon_jobs_template_{}", hex::encode(digest.as_ref()).split_at(12).0);
    run(admin, "select pg_advisory_lock(4711)".to_owned()).await;
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut *admin)
        .await
        .unwrap();
    if !there {
        let unfinished = format!("{name}_unfinished");
        run(admin, format!("drop database if exists {unfinished}")).await;
        run(admin, format!("create database {unfinished}")).await;
        let mut conn = PgConnection::connect_with(&PgConnectOptions::new().database(&unfinished)).await.unwrap();
        run(&mut conn, MASTODON.to_owned()).await;
        run(&mut conn, FERRODON.to_owned()).await;
        conn.close().await.unwrap();
        run(admin, format!("alter database {unfinished} rename to {name}")).await;
    }
    drop_leftovers(admin).await;
    run(admin, "select pg_advisory_unlock(4711)".to_owned()).await;
    name
}

/// Databases of processes that are no more.
async fn drop_leftovers(admin: &mut PgConnection) {
    let names: Vec<String> = sqlx::query_scalar(r"select datname from pg_database where datname ~ '^ferrodon_jobs_\d+_\d+$'")
        .fetch_all(&mut *admin)
        .await
        .unwrap();
    for name in names {
        let process = name.split('_').nth(2).unwrap();
        if !std::path::Path::new(&format!("/proc/{process}")).exists() {
            let _ =
                sqlx::raw_sql(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).execute(&mut *admin).await;
        }
    }
}
