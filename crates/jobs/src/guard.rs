//! Reasons not to start work on a database whose schema is right (`db::schema` looks at that).

use sqlx::PgConnection;

/// Each says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(
        "PostgreSQL runs with {setting} = off: what it confirms can be lost in a crash. Switch it on, or start with \
         FERRODON_UNSAFE_DATABASE=true on a database that may be lost"
    )]
    Unsafe { setting: String },
    #[error(
        "Mastodon's Sidekiq ({process}) is alive on the same Redis: stop it first (both would do the same work), or start \
         with FERRODON_BESIDE_SIDEKIQ=true"
    )]
    Sidekiq { process: String },
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

/// What the operator insists on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides {
    /// The database may be lost: tests and throw-away servers.
    pub unsafe_database: bool,
    /// Mastodon's workers run on purpose.
    pub beside_sidekiq: bool,
}

/// Looks before the first job is taken and before the first request is accepted. `sidekiq_alive`: a Sidekiq process that
/// gave a sign of life in Redis within the last minute.
///
/// # Errors
/// The reason to refuse.
pub async fn check(conn: &mut PgConnection, sidekiq_alive: Option<&str>, overrides: Overrides) -> Result<(), Refusal> {
    if !overrides.unsafe_database
        && let Some(setting) = unsafe_setting(conn).await?
    {
        return Err(Refusal::Unsafe { setting });
    }
    match sidekiq_alive {
        Some(process) if !overrides.beside_sidekiq => Err(Refusal::Sidekiq { process: process.to_owned() }),
        _ => Ok(()),
    }
}

async fn unsafe_setting(conn: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select name as "name!" from pg_settings
           where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name limit 1"#
    )
    .fetch_optional(conn)
    .await
}
