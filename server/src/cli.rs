//! The command line: what there is, and how a command starts and ends.

mod accounts;
mod announcements;
mod db;
mod relays;

use std::process::ExitCode;

use ::db::Db;
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use config::Config;

/// A Mastodon-compatible server. Reads the same environment and .env.production as Mastodon.
#[derive(Debug, Parser)]
#[command(name = "ferrodon", version, about, long_about = None, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, the federation endpoints and the pages (BIND and PORT, or SOCKET)
    Web,
    /// Make or check the database
    #[command(subcommand)]
    Db(db::Command),
    /// Create, change and remove accounts of this server
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// Tell everybody on this server something
    #[command(subcommand)]
    Announcements(announcements::Command),
    /// Join and leave relays, which pass public posts on
    #[command(subcommand)]
    Relays(relays::Command),
}

/// Exit code 0, or 1 with the reason on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferrodon: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let config = Config::from_env()?;
    if matches!(command, Command::Web) {
        config.logging.install();
    } else {
        config.logging.install_for_command();
    }
    // A second provider comes in with some dependency's default; rustls wants to be told which one to use.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).max_blocking_threads(16).enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Web => crate::web::serve(config).await,
            Command::Db(command) => db::run(config, command).await,
            Command::Accounts(command) => accounts::run(config, command).await,
            Command::Announcements(command) => announcements::run(config, command).await,
            Command::Relays(command) => relays::run(config, command).await,
        }
    })
}

/// The database, if it is one that this version understands.
async fn open(config: &Config, name: &'static str) -> anyhow::Result<Db> {
    let db = Db::connect_lazy(&config.database, name)?;
    ::db::schema::check(&mut *db.acquire().await.context("connecting to PostgreSQL")?).await?;
    Ok(db)
}
