//! `ferrodon announcements`: what administrators tell everybody here.

use chrono::{DateTime, NaiveDateTime, Utc};
use clap::{Args, Subcommand};
use config::Config;
use services::announcement::{self, NewAnnouncement};

use super::open;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show all of them
    List,
    /// Tell everybody something, and print its number
    Create(Create),
    /// Show one again, or before its time
    Publish(Named),
    /// Hide one, and keep it
    Unpublish(Named),
    /// Take one away with its reactions
    Delete(Named),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Plain text; links, @mentions and #hashtags work
    text: String,
    /// When what it is about begins, such as 2026-12-31T18:00:00Z
    #[arg(long)]
    starts_at: Option<DateTime<Utc>>,
    /// When it ends; the announcement is hidden then
    #[arg(long, requires = "starts_at")]
    ends_at: Option<DateTime<Utc>>,
    /// Only the dates count
    #[arg(long)]
    all_day: bool,
    /// Show it from this time on
    #[arg(long)]
    scheduled_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its number
    id: i64,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let now = config.clock.now_naive();
    let db = open(&config, "ferrodon announcements").await?;
    let mut tx = db.begin().await?;
    let naive = |time: Option<DateTime<Utc>>| time.map(|time| time.naive_utc());
    match command {
        Command::List => return list(&mut tx).await,
        Command::Create(create) => {
            let new = NewAnnouncement {
                text: create.text,
                starts_at: naive(create.starts_at),
                ends_at: naive(create.ends_at),
                all_day: create.all_day,
                scheduled_at: naive(create.scheduled_at),
            };
            let id = announcement::create(&mut tx, &new, now).await?;
            tx.commit().await?;
            println!("{id}");
            return Ok(());
        }
        Command::Publish(Named { id }) => announcement::publish(&mut tx, id, now).await?,
        Command::Unpublish(Named { id }) => announcement::withdraw(&mut tx, id, now).await?,
        Command::Delete(Named { id }) => announcement::delete(&mut tx, id).await?,
    }
    tx.commit().await?;
    println!("OK");
    Ok(())
}

async fn list(conn: &mut db::PgConnection) -> anyhow::Result<()> {
    let rows = sqlx::query!("SELECT id, published, scheduled_at, text FROM announcements ORDER BY id").fetch_all(conn).await?;
    for row in rows {
        println!("{}\t{}\t{}", row.id, state(row.published, row.scheduled_at), row.text.replace('\n', " "));
    }
    Ok(())
}

fn state(published: bool, scheduled_at: Option<NaiveDateTime>) -> String {
    match (published, scheduled_at) {
        (true, _) => "shown".to_owned(),
        (false, Some(at)) => format!("from {at}Z"),
        (false, None) => "hidden".to_owned(),
    }
}
