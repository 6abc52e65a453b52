//! `ferrodon accounts`: people of this server, in the words of Mastodon's `tootctl accounts`.

mod create;

use clap::Subcommand;
use config::Config;
use db::{Db, PgConnection};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a new account and print its password
    Create(create::Arguments),
}

/// What the commands work with.
struct Stores {
    config: Config,
    db: Db,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let db = Db::connect_lazy(&config.database, "ferrodon accounts")?;
    db::schema::check(&mut *db.acquire().await?).await?;
    let stores = Stores { config, db };
    match command {
        Command::Create(arguments) => create::run(&stores, arguments).await,
    }
}

/// The id of a role by its name.
async fn role_named(conn: &mut PgConnection, name: &str) -> anyhow::Result<i64> {
    sqlx::query_scalar!("SELECT id FROM user_roles WHERE name = $1 AND id <> -99 ORDER BY id LIMIT 1", name)
        .fetch_optional(conn)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no role named {name:?}"))
}
