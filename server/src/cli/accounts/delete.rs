//! `ferrodon accounts delete`

use anyhow::ensure;
use clap::Args;
use db::{AccountId, PgConnection};
use jobs::account::DeleteAccount;

use super::Stores;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Name of the account, without @ and domain
    username: Option<String>,
    /// Find the account by its e-mail address instead
    #[arg(long)]
    email: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

struct Found {
    id: AccountId,
    username: String,
    statuses: i64,
}

/// The name stays taken, the address becomes free. A worker does it, so that a large account blocks no terminal and nothing is
/// left half done.
pub(super) async fn run(stores: &Stores, arguments: Arguments) -> anyhow::Result<()> {
    let (username, email) = (arguments.username.as_deref(), arguments.email.as_deref());
    ensure!(username.is_some() != email.is_some(), "give either a username or --email");
    let mut tx = stores.db.begin().await?;
    let found = find(&mut tx, username, email).await?;
    println!("{}@{} with {} statuses", found.username, stores.config.federation.local_domain, found.statuses);
    if arguments.dry_run {
        println!("Nothing was deleted (--dry-run)");
        return Ok(());
    }
    let job = DeleteAccount {
        account_id: found.id,
        reserve_username: true,
        free_address: true,
        skip_activitypub: false,
        domain_block: None,
    };
    jobs::enqueue(&mut tx, &job).await?;
    sqlx::query!("UPDATE users SET disabled = true WHERE account_id = $1", found.id).execute(&mut *tx).await?;
    tx.commit().await?;
    println!("The worker is deleting it");
    Ok(())
}

async fn find(conn: &mut PgConnection, username: Option<&str>, email: Option<&str>) -> anyhow::Result<Found> {
    sqlx::query_as!(
        Found,
        r#"SELECT a.id, a.username, COALESCE(s.statuses_count, 0) AS "statuses!"
           FROM accounts a JOIN users u ON u.account_id = a.id LEFT JOIN account_stats s ON s.account_id = a.id
           WHERE a.domain IS NULL AND a.id > 0 AND (lower(a.username) = lower($1) OR lower(u.email) = lower($2))"#,
        username.map(|name| name.trim_start_matches('@')),
        email
    )
    .fetch_optional(conn)
    .await?
    .ok_or_else(|| anyhow::anyhow!("there is no such user on this server"))
}
