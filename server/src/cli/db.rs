//! `ferrodon db`: make the tables, or say what is wrong with them.

use anyhow::Context;
use clap::Subcommand;
use config::Config;
use db::schema::{self, Setup};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create the tables in an empty database, or adopt the database of a Mastodon 4.6.5; running it again changes nothing
    Setup,
    /// Say whether this program can work on the database as it is
    Check,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let db = db::Db::connect_lazy(&config.database, "ferrodon db")?;
    let mut conn = db.acquire().await.context("connecting to PostgreSQL")?;
    match command {
        Command::Setup => {
            let outcome = schema::setup(&mut conn).await?;
            drop(conn);
            services::instance_actor::ensure(&db).await?;
            println!(
                "{}",
                match outcome {
                    Setup::Created => "The database was empty; its tables were created.",
                    Setup::Adopted => "The database is Mastodon 4.6.5's; schema `ferrodon` is up to date.",
                }
            );
        }
        Command::Check => {
            schema::check(&mut conn).await?;
            println!("The database is as it should be.");
        }
    }
    Ok(())
}
