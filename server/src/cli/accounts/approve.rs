//! `ferrodon accounts approve`.

use anyhow::ensure;
use clap::Args;
use services::approve_user::approve_user;

use super::{Stores, person_named};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Name of the account, without @ and domain
    #[arg(required_unless_present_any = ["number", "all"])]
    username: Option<String>,
    /// Let this many in, those who wait longest first
    #[arg(short, long, conflicts_with_all = ["username", "all"])]
    number: Option<u32>,
    /// Let everybody in who waits
    #[arg(long, conflicts_with = "username")]
    all: bool,
}

pub(super) async fn run(stores: &Stores, arguments: Arguments) -> anyhow::Result<()> {
    let mut tx = stores.db.begin().await?;
    if let Some(username) = &arguments.username {
        let person = person_named(&mut tx, username).await?;
        ensure!(approve_user(&mut tx, person.user_id).await?, "{username} is approved already");
    } else {
        let waiting = sqlx::query_scalar!(
            "SELECT id FROM users WHERE NOT approved ORDER BY id LIMIT $1 FOR UPDATE",
            arguments.number.filter(|_| !arguments.all).map(i64::from)
        )
        .fetch_all(&mut *tx)
        .await?;
        for user in waiting {
            approve_user(&mut tx, user).await?;
        }
    }
    tx.commit().await?;
    println!("OK");
    Ok(())
}
