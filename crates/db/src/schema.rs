//! Which schema this is: adopted as Mastodon left it, or made by our migrations. Nothing here alters schema `public` of a
//! database that has one.

use sqlx::{Connection, PgConnection};

/// Newest row of `schema_migrations` in Mastodon 4.6.5, the only schema that this version understands.
pub const MASTODON_VERSION: &str = "20260611150940";

const MASTODON: &str = include_str!("../../../migrations/0001_mastodon_4_6.sql");

/// Ours, in order. A file never changes once it was released.
const OURS: &[(i32, &str)] = &[(2, include_str!("../../../migrations/0002_ferrodon.sql"))];

/// Serialises two set-ups that start together; any number that nothing else locks.
const SETUP_LOCK: i64 = 0x6665_7272_6f64_6f6e;

#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error(
        "the database has no tables yet; run `ferrodon db setup` to create them, or point DB_NAME at the database of your Mastodon"
    )]
    Empty,
    #[error(
        "the database is at schema version {0}, older than Mastodon 4.6's {MASTODON_VERSION}; upgrade Mastodon to 4.6.5 first, \
         with its post-deployment migrations, and then start Ferrodon"
    )]
    TooOld(String),
    #[error(
        "the database is at schema version {0}, newer than Mastodon 4.6's {MASTODON_VERSION}; this version of Ferrodon does not \
         know it and leaves it alone; use a Ferrodon made for that Mastodon, or go on with Mastodon"
    )]
    TooNew(String),
    #[error(
        "{0} of the 588 migrations of Mastodon 4.6.5 have not been run on this database (the first is {1}); run Mastodon's \
         `db:migrate` once, without SKIP_POST_DEPLOYMENT_MIGRATIONS, and then start Ferrodon"
    )]
    Incomplete(usize, String),
    #[error(
        "the database has tables but no schema_migrations with Mastodon's versions; it is not Mastodon's, so it is left alone"
    )]
    Foreign,
    #[error("schema `ferrodon` is at version {0}, newer than this program knows; start the newer Ferrodon")]
    OwnTooNew(i32),
    #[error("schema `ferrodon` is at version {found}, this program needs {needed}; run `ferrodon db setup`")]
    OwnTooOld { found: i32, needed: i32 },
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// What [`setup`] found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// The database was empty; both schemas were made.
    Created,
    /// Mastodon made `public`; only schema `ferrodon` was brought up to date.
    Adopted,
}

/// Makes what is missing. Running it again changes nothing.
///
/// # Errors
/// The database is not empty and not exactly a Mastodon 4.6.5's; nothing was written then.
pub async fn setup(conn: &mut PgConnection) -> Result<Setup, SchemaError> {
    let mut tx = conn.begin().await?;
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", SETUP_LOCK).execute(&mut *tx).await?;
    let outcome = match check_public(&mut tx).await {
        Ok(()) => Setup::Adopted,
        Err(SchemaError::Empty) => {
            sqlx::raw_sql(MASTODON).execute(&mut *tx).await?;
            Setup::Created
        }
        Err(error) => return Err(error),
    };
    let found = own_version(&mut tx).await?.unwrap_or(1);
    if found > newest_own() {
        return Err(SchemaError::OwnTooNew(found));
    }
    // Each file writes its own row of `ferrodon.schema_version`.
    for (_, sql) in OURS.iter().filter(|(version, _)| *version > found) {
        sqlx::raw_sql(*sql).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(outcome)
}

/// The check at the start of every program: both schemas are exactly as this version expects.
///
/// # Errors
/// A sentence for the administrator that says what to do.
pub async fn check(conn: &mut PgConnection) -> Result<(), SchemaError> {
    check_public(conn).await?;
    let found = own_version(conn).await?.unwrap_or(0);
    match found.cmp(&newest_own()) {
        std::cmp::Ordering::Less => Err(SchemaError::OwnTooOld { found, needed: newest_own() }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(SchemaError::OwnTooNew(found)),
    }
}

async fn check_public(conn: &mut PgConnection) -> Result<(), SchemaError> {
    let has_versions = sqlx::query_scalar!(r#"SELECT to_regclass('public.schema_migrations') IS NOT NULL AS "exists!""#)
        .fetch_one(&mut *conn)
        .await?;
    if !has_versions {
        let tables = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"#
        )
        .fetch_one(&mut *conn)
        .await?;
        return Err(if tables == 0 { SchemaError::Empty } else { SchemaError::Foreign });
    }
    let found = sqlx::query_scalar!("SELECT version FROM schema_migrations").fetch_all(&mut *conn).await?;
    let Some(newest) = found.iter().max() else {
        return Err(SchemaError::Foreign);
    };
    match newest.as_str().cmp(MASTODON_VERSION) {
        std::cmp::Ordering::Less => return Err(SchemaError::TooOld(newest.clone())),
        std::cmp::Ordering::Greater => return Err(SchemaError::TooNew(newest.clone())),
        std::cmp::Ordering::Equal => {}
    }
    let found: std::collections::HashSet<&str> = found.iter().map(String::as_str).collect();
    let missing: Vec<&str> = known_versions().filter(|version| !found.contains(version)).collect();
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(SchemaError::Incomplete(missing.len(), (*first).to_owned())),
    }
}

/// The version rows stand once, in 0001: every quoted run of 14 digits behind the insert.
fn known_versions() -> impl Iterator<Item = &'static str> {
    MASTODON
        .split_once("INSERT INTO schema_migrations")
        .map_or("", |(_, rows)| rows)
        .split('\'')
        .filter(|part| part.len() == 14 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

async fn own_version(conn: &mut PgConnection) -> Result<Option<i32>, sqlx::Error> {
    let exists = sqlx::query_scalar!(r#"SELECT to_regclass('ferrodon.schema_version') IS NOT NULL AS "exists!""#)
        .fetch_one(&mut *conn)
        .await?;
    if !exists {
        return Ok(None);
    }
    sqlx::query_scalar!("SELECT max(version) FROM ferrodon.schema_version").fetch_one(&mut *conn).await
}

fn newest_own() -> i32 {
    OURS.iter().map(|(version, _)| *version).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::{MASTODON_VERSION, known_versions};

    #[test]
    fn all_588_versions_are_known() {
        assert_eq!(known_versions().count(), 588);
        assert_eq!(known_versions().max(), Some(MASTODON_VERSION));
    }
}
