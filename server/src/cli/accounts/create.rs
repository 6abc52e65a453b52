//! `ferrodon accounts create`.

use anyhow::ensure;
use clap::Args;
use db::settings::{self, RegistrationsMode};
use db::{AccountId, PgConnection, UserId};
use kv::feed::FeedKey;
use services::create_account::{Credentials, NewAccount, check_email, create_account, random_password};
use services::delete_account;
use services::revoke_access::end_streams_of;

use super::{Stores, role_named};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Name of the account, without @ and domain: letters, digits and underscores
    username: String,
    /// Address to which mails are sent, and with which the person signs in
    #[arg(long)]
    email: String,
    /// Take the address as confirmed, without sending a mail to it
    #[arg(long)]
    confirmed: bool,
    /// Name of the person's role: Owner, Admin, Moderator or one that was added
    #[arg(long)]
    role: Option<String>,
    /// Take over the account of that name that has no user any more, with its followers
    #[arg(long)]
    reattach: bool,
    /// With --reattach: if the account has a user, delete both with all their data first; only the name is given on
    #[arg(long)]
    force: bool,
    /// Let the person in even where sign-ups need approval
    #[arg(long)]
    approve: bool,
}

pub(super) async fn run(stores: &Stores, arguments: Arguments) -> anyhow::Result<()> {
    let password = random_password()?;
    let credentials = Credentials::prepare(&password).await?;
    let mut tx = stores.db.begin().await?;
    let role_id = match &arguments.role {
        Some(name) => Some(role_named(&mut tx, name).await?),
        None => None,
    };
    let mut reattach_to = None;
    if arguments.reattach
        && let Some(known) = account_named(&mut tx, &arguments.username).await?
    {
        if let Some(user) = known.user_id {
            ensure!(
                arguments.force,
                "the name is in use; --force deletes its user with all data and gives the name to the new one"
            );
            // Before anything is deleted: an address that cannot be had must not cost an account. The old user's own is free by then.
            check_email(&mut tx, &stores.config, user, &arguments.email, true).await?;
            tx.commit().await?;
            delete(stores, known.id).await?;
            tx = stores.db.begin().await?;
        } else {
            reattach_to = Some(known.id);
        }
    }
    let settings = settings::load(&mut tx).await?;
    let new = NewAccount {
        approved: arguments.approve || settings.registrations_mode == RegistrationsMode::Open,
        username: arguments.username,
        email: arguments.email,
        password: password.clone(),
        confirmed: arguments.confirmed,
        role_id,
        reattach_to,
        bypass_checks: true,
        ..NewAccount::default()
    };
    create_account(&mut tx, &stores.config, &settings, &new, credentials).await?;
    tx.commit().await?;
    println!("OK\nNew password: {password}");
    Ok(())
}

struct Known {
    id: AccountId,
    user_id: Option<UserId>,
}

async fn account_named(conn: &mut PgConnection, username: &str) -> Result<Option<Known>, sqlx::Error> {
    sqlx::query_as!(
        Known,
        r#"SELECT a.id, u.id AS "user_id?" FROM accounts a LEFT JOIN users u ON u.account_id = a.id
           WHERE a.domain IS NULL AND a.id > 0 AND lower(a.username) = lower($1)"#,
        username
    )
    .fetch_optional(conn)
    .await
}

/// Everything, piece by piece; if it is broken off, the same command goes on. Other servers are not told: once the row is gone there
/// is no key that could sign it.
async fn delete(stores: &Stores, account: AccountId) -> anyhow::Result<()> {
    let mut tx = stores.db.begin().await?;
    delete_account::hide(&mut tx, account).await?;
    sqlx::query!("UPDATE users SET disabled = true WHERE account_id = $1", account).execute(&mut *tx).await?;
    let lists = sqlx::query_scalar!("SELECT id FROM lists WHERE account_id = $1", account).fetch_all(&mut *tx).await?;
    tx.commit().await?;
    end_streams_of(&stores.kv, account).await;
    let feeds: Vec<FeedKey> = lists.into_iter().map(FeedKey::List).chain([FeedKey::Home(account)]).collect();
    if let Err(error) = kv::feed::clear(&stores.kv, &feeds).await {
        tracing::warn!(%error, "feeds of the deleted account stay in Redis");
    }
    loop {
        let mut tx = stores.db.begin().await?;
        let more = delete_account::remove_next(&mut tx, account, false).await?
            || delete_account::remove_references(&mut tx, account).await?;
        if !more {
            delete_account::remove_row(&mut tx, account).await?;
        }
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
