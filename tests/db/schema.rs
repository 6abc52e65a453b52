//! Setting a database up, and looking at one that is there. `crates/db/src/schema.rs`

use std::path::{Path, PathBuf};
use std::process::Command;

use config::Source;
use db::schema::{self, SchemaError, Setup};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use testing::TestDatabase;

const STRUCTURE: &str = include_str!("../conformance/structure/structure.sql");
const RECORDED: &str = include_str!("../conformance/structure/structure.tsv");
const MASTODON: &str = include_str!("../../migrations/0001_mastodon_4_6.sql");

async fn run(conn: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
}

/// As `psql -F '\t'` prints them.
async fn structure(conn: &mut PgConnection) -> Vec<String> {
    let rows = sqlx::raw_sql(STRUCTURE).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| [0, 1, 2].map(|column| row.get::<String, _>(column)).join("\t")).collect()
}

/// Every table of `public` with a hash of its rows.
async fn contents(conn: &mut PgConnection) -> Vec<(String, String)> {
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    let mut contents = Vec::new();
    for table in tables {
        let hash = format!(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM public.{table} t"
        );
        contents.push((table, sqlx::query_scalar(AssertSqlSafe(hash)).fetch_one(&mut *conn).await.unwrap()));
    }
    contents
}

async fn has_own_schema(conn: &mut PgConnection) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'ferrodon')").fetch_one(conn).await.unwrap()
}

/// A database as Mastodon leaves it, without ours.
async fn mastodons() -> (TestDatabase, PgConnection) {
    let database = TestDatabase::empty().await;
    let mut conn = database.connect().await;
    run(&mut conn, MASTODON).await;
    (database, conn)
}

#[tokio::test]
async fn an_empty_database_gets_the_structure_of_mastodons() {
    let database = TestDatabase::empty().await;
    let mut conn = database.connect().await;
    assert_eq!(schema::setup(&mut conn).await.unwrap(), Setup::Created);
    schema::check(&mut conn).await.unwrap();

    let found = structure(&mut conn).await;
    let recorded: Vec<&str> = RECORDED.lines().collect();
    let missing: Vec<_> = recorded.iter().filter(|fact| !found.iter().any(|other| other == *fact)).collect();
    let odd: Vec<_> = found.iter().filter(|fact| !recorded.contains(&fact.as_str())).collect();
    assert!(missing.is_empty() && odd.is_empty(), "missing {missing:#?}, not in Mastodon's {odd:#?}");
    assert_eq!(found.len(), recorded.len());
}

#[tokio::test]
async fn setting_up_again_changes_nothing() {
    let database = TestDatabase::new().await;
    let mut conn = database.connect().await;
    let ours = "SELECT string_agg(v::text, ' ' ORDER BY version) FROM ferrodon.schema_version v";
    let before = (structure(&mut conn).await, contents(&mut conn).await);
    let version: String = sqlx::query_scalar(ours).fetch_one(&mut conn).await.unwrap();

    assert_eq!(schema::setup(&mut conn).await.unwrap(), Setup::Adopted);
    assert_eq!(schema::setup(&mut conn).await.unwrap(), Setup::Adopted);

    assert_eq!((structure(&mut conn).await, contents(&mut conn).await), before);
    assert_eq!(sqlx::query_scalar::<_, String>(ours).fetch_one(&mut conn).await.unwrap(), version);
}

#[tokio::test]
async fn two_setups_that_start_together_make_one_schema() {
    let database = TestDatabase::empty().await;
    let (mut one, mut other) = (database.connect().await, database.connect().await);
    let (first, second) = tokio::join!(schema::setup(&mut one), schema::setup(&mut other));
    let mut outcomes = [first.unwrap(), second.unwrap()];
    outcomes.sort_by_key(|outcome| *outcome == Setup::Adopted);
    assert_eq!(outcomes, [Setup::Created, Setup::Adopted]);
}

#[tokio::test]
async fn a_database_of_mastodons_is_adopted_and_nothing_in_public_altered() {
    let (_database, mut conn) = mastodons().await;
    let before = (structure(&mut conn).await, contents(&mut conn).await);
    assert!(matches!(schema::check(&mut conn).await, Err(SchemaError::OwnTooOld { found: 0, .. })));

    assert_eq!(schema::setup(&mut conn).await.unwrap(), Setup::Adopted);

    schema::check(&mut conn).await.unwrap();
    assert_eq!((structure(&mut conn).await, contents(&mut conn).await), before);
}

/// What was done to Mastodon's database, and the words that the refusal must hold.
const WRONG: &[(&str, &[&str])] = &[
    (
        "DELETE FROM schema_migrations WHERE version = '20260611150940'",
        &["older than Mastodon 4.6's 20260611150940", "upgrade Mastodon to 4.6.5 first"],
    ),
    ("INSERT INTO schema_migrations VALUES ('20270101000000')", &["20270101000000, newer than", "leaves it alone"]),
    (
        "DELETE FROM schema_migrations WHERE version = (SELECT version FROM schema_migrations ORDER BY version OFFSET 100 LIMIT 1)",
        &["1 of the 588 migrations", "db:migrate", "SKIP_POST_DEPLOYMENT_MIGRATIONS"],
    ),
    ("DROP TABLE schema_migrations", &["not Mastodon's", "left alone"]),
    ("DELETE FROM schema_migrations", &["not Mastodon's", "left alone"]),
];

#[tokio::test]
async fn a_database_of_another_version_is_refused_with_what_to_do_and_left_alone() {
    for (change, words) in WRONG {
        let (_database, mut conn) = mastodons().await;
        run(&mut conn, change).await;
        let before = (structure_without_versions(&mut conn).await, contents(&mut conn).await);
        for refusal in [schema::setup(&mut conn).await.map(drop), schema::check(&mut conn).await] {
            let sentence = refusal.expect_err(change).to_string();
            for word in *words {
                assert!(sentence.contains(word), "{change}: {sentence}");
            }
        }
        assert_eq!((structure_without_versions(&mut conn).await, contents(&mut conn).await), before, "{change}");
        assert!(!has_own_schema(&mut conn).await, "{change}");
    }
}

/// One of the cases has no table of versions to ask.
async fn structure_without_versions(conn: &mut PgConnection) -> Vec<String> {
    let (facts, _) = STRUCTURE.rsplit_once("UNION ALL").unwrap();
    let rows = sqlx::raw_sql(AssertSqlSafe(format!("{facts} ORDER BY 1, 2, 3"))).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| [0, 1, 2].map(|column| row.get::<String, _>(column)).join("\t")).collect()
}

#[tokio::test]
async fn a_database_of_a_newer_ferrodon_is_refused() {
    let database = TestDatabase::new().await;
    let mut conn = database.connect().await;
    run(
        &mut conn,
        "UPDATE ferrodon.schema_version SET version = 9999 WHERE version = (SELECT max(version) FROM ferrodon.schema_version)",
    )
    .await;
    assert!(matches!(schema::check(&mut conn).await, Err(SchemaError::OwnTooNew(9999))));
    assert!(matches!(schema::setup(&mut conn).await, Err(SchemaError::OwnTooNew(9999))));
}

/// `FERRODON_WORLDS`, or beside the checkout.
fn recorded_server() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/mastodon");
    let worlds = Source::from_process().text("FERRODON_WORLDS").map_or(beside, PathBuf::from);
    Some(worlds.join("social/database.dump")).filter(|dump| dump.exists())
}

#[tokio::test]
async fn the_database_of_a_recorded_server_is_adopted() {
    let Some(dump) = recorded_server() else {
        eprintln!("skipped: no ../shared/mastodon/social beside this checkout, and FERRODON_WORLDS names no other place");
        return;
    };
    let database = TestDatabase::empty().await;
    let mut restore = Command::new("pg_restore");
    let restored = restore.args(["--no-owner", "--no-privileges", "--dbname", &database.url()]).arg(dump).output().unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let mut conn = database.connect().await;
    let before = (structure(&mut conn).await, contents(&mut conn).await);

    assert_eq!(schema::setup(&mut conn).await.unwrap(), Setup::Adopted);

    schema::check(&mut conn).await.unwrap();
    assert_eq!((structure(&mut conn).await, contents(&mut conn).await), before);
}
