//! `ferrodon accounts create`.

use anyhow::ensure;
use clap::Args;
use db::settings::{self, RegistrationsMode};
use db::{AccountId, PgConnection};
use services::create_account::{Credentials, NewAccount, create_account, random_password};

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
    /// With --reattach: take the account over although it has a user, who is deleted
    #[arg(long, requires = "reattach")]
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
    let reattach_to = if arguments.reattach { left_over(&mut tx, &arguments).await? } else { None };
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

/// The account of that name, freed of its user.
async fn left_over(conn: &mut PgConnection, arguments: &Arguments) -> anyhow::Result<Option<AccountId>> {
    let known = sqlx::query!(
        r#"SELECT a.id, u.id AS "user_id?" FROM accounts a LEFT JOIN users u ON u.account_id = a.id
           WHERE a.domain IS NULL AND lower(a.username) = lower($1)"#,
        arguments.username
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(known) = known else { return Ok(None) };
    if let Some(user) = known.user_id {
        ensure!(arguments.force, "the name is in use; --force deletes its user and gives the account to the new one");
        sqlx::query!("DELETE FROM users WHERE id = $1", user).execute(conn).await?;
    }
    Ok(Some(known.id))
}
