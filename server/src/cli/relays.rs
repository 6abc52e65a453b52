//! `ferrodon relays`: servers that pass public posts on.

use activitypub::render::Renderer;
use clap::{Args, Subcommand};
use config::Config;
use services::relay;

use super::open;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all of them and what they answered
    List,
    /// Ask a relay to pass posts on, both ways
    Add(Named),
    /// Leave a relay
    Remove(Named),
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its inbox, such as https://relay.example/inbox
    inbox_url: String,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let db = open(&config, "ferrodon relays").await?;
    let renderer = Renderer::new(&config);
    let mut tx = db.begin().await?;
    match command {
        Command::List => {
            for row in relay::list(&mut tx).await? {
                let state = match row.state {
                    1 => "asked",
                    2 => "accepted",
                    3 => "refused",
                    _ => "idle",
                };
                println!("{}\t{state}", row.inbox_url);
            }
            return Ok(());
        }
        Command::Add(Named { inbox_url }) => relay::add(&mut tx, &renderer, &inbox_url).await?,
        Command::Remove(Named { inbox_url }) => relay::remove(&mut tx, &renderer, &inbox_url).await?,
    }
    tx.commit().await?;
    println!("OK");
    Ok(())
}
