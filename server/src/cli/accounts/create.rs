//! `ferrodon accounts create`.

use clap::Args;
use db::settings::{self, RegistrationsMode};
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
    let open = settings::load(&mut tx).await?.registrations_mode == RegistrationsMode::Open;
    let new = NewAccount {
        username: arguments.username,
        email: arguments.email,
        password: password.clone(),
        confirmed: arguments.confirmed,
        approved: arguments.approve || open,
        role_id,
        locale: None,
        bypass_checks: true,
    };
    create_account(&mut tx, &stores.config, &new, credentials).await?;
    tx.commit().await?;
    println!("OK\nNew password: {password}");
    Ok(())
}
