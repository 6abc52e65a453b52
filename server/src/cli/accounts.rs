//! `ferrodon accounts`: people of this server, in the words of Mastodon's `tootctl accounts`.

mod approve;
mod create;
mod delete;
mod migrate;
mod modify;

use clap::{Args, Subcommand};
use config::Config;
use db::{AccountId, Db, PgConnection, UserId};
use kv::Kv;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a new account and print its password
    Create(create::Arguments),
    /// Change role, address or state of an account
    Modify(modify::Arguments),
    /// Take an account away for good, here and on other servers
    Delete(delete::Arguments),
    /// Move an account to one on another server, or here
    Migrate(migrate::Arguments),
    /// Let people in whose sign-up waits for approval
    Approve(approve::Arguments),
    /// Give an account a new password, print it, and sign it out everywhere
    ResetPassword(ResetPassword),
}

#[derive(Debug, Args)]
pub(super) struct ResetPassword {
    /// Name of the account, without @ and domain
    username: String,
}

/// What the commands work with.
struct Stores {
    config: Config,
    db: Db,
    kv: Kv,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let db = super::open(&config, "ferrodon accounts").await?;
    let kv = Kv::connect_lazy(&config.redis.base)?;
    let stores = Stores { config, db, kv };
    match command {
        Command::Create(arguments) => create::run(&stores, arguments).await,
        Command::Modify(arguments) => modify::run(&stores, arguments).await,
        Command::Delete(arguments) => delete::run(&stores, arguments).await,
        Command::Migrate(arguments) => migrate::run(&stores, arguments).await,
        Command::Approve(arguments) => approve::run(&stores, arguments).await,
        Command::ResetPassword(arguments) => modify::reset_password(&stores, &arguments.username).await,
    }
}

/// Somebody of this server.
#[derive(Debug, Clone, Copy)]
struct Person {
    user_id: UserId,
    account_id: AccountId,
}

/// The person with this name; the rows stay locked until the transaction ends.
async fn person_named(conn: &mut PgConnection, username: &str) -> anyhow::Result<Person> {
    sqlx::query_as!(
        Person,
        r#"SELECT u.id AS "user_id!", a.id AS "account_id!" FROM accounts a JOIN users u ON u.account_id = a.id
           WHERE a.domain IS NULL AND lower(a.username) = lower($1) FOR UPDATE OF u"#,
        username.trim_start_matches('@')
    )
    .fetch_optional(conn)
    .await?
    .ok_or_else(|| anyhow::anyhow!("there is no user named {username:?} on this server"))
}

/// The id of a role by its name.
async fn role_named(conn: &mut PgConnection, name: &str) -> anyhow::Result<i64> {
    sqlx::query_scalar!("SELECT id FROM user_roles WHERE name = $1 AND id <> -99 ORDER BY id LIMIT 1", name)
        .fetch_optional(conn)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no role named {name:?}"))
}
