//! `ferrodon accounts modify` and `reset-password`.

use clap::Args;
use db::PgConnection;
use services::approve_user::approve_user;
use services::confirm_user::confirm_user;
use services::create_account::{hash_password, random_password};
use services::modify_user::{change_email, disable_two_factor, set_disabled, set_role};
use services::revoke_access::{end_streams, end_streams_of};

use super::{Person, Stores, person_named, role_named};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Name of the account, without @ and domain
    username: String,
    /// Give the person the role with this name
    #[arg(long, conflicts_with = "remove_role")]
    role: Option<String>,
    /// Take the person's role away
    #[arg(long)]
    remove_role: bool,
    /// Change the address; it counts once the mail to it is answered, or at once with --confirm
    #[arg(long)]
    email: Option<String>,
    /// Take the address as confirmed
    #[arg(long)]
    confirm: bool,
    /// Let the person sign in again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Keep the person from signing in
    #[arg(long)]
    disable: bool,
    /// Take the second factor of signing in away, for people who lost it
    #[arg(long = "disable-2fa")]
    disable_2fa: bool,
    /// Let the person in whose sign-up waits for approval
    #[arg(long)]
    approve: bool,
    /// Set a new password, print it, and sign the person out everywhere
    #[arg(long)]
    reset_password: bool,
}

pub(super) async fn run(stores: &Stores, arguments: Arguments) -> anyhow::Result<()> {
    let password = if arguments.reset_password { Some(new_password().await?) } else { None };
    let mut tx = stores.db.begin().await?;
    let person = person_named(&mut tx, &arguments.username).await?;
    change(&mut tx, stores, &arguments, person).await?;
    let mut ended = Vec::new();
    if let Some(password) = &password {
        ended = services::reset_password::reset_password(&mut tx, person.user_id, &password.hash).await?;
    }
    tx.commit().await?;
    end_streams(&stores.kv, &ended).await;
    if arguments.disable {
        end_streams_of(&stores.kv, person.account_id).await;
    }
    println!("OK");
    if let Some(password) = password {
        println!("New password: {}", password.text);
    }
    Ok(())
}

async fn change(conn: &mut PgConnection, stores: &Stores, arguments: &Arguments, person: Person) -> anyhow::Result<()> {
    let user = person.user_id;
    if let Some(name) = &arguments.role {
        let role = role_named(conn, name).await?;
        set_role(conn, user, Some(role)).await?;
    } else if arguments.remove_role {
        set_role(conn, user, None).await?;
    }
    if let Some(email) = &arguments.email {
        change_email(conn, &stores.config, user, email, true).await?;
    }
    if arguments.enable || arguments.disable {
        set_disabled(conn, user, arguments.disable).await?;
    }
    if arguments.disable_2fa {
        disable_two_factor(conn, user).await?;
    }
    if arguments.approve {
        approve_user(conn, user).await?;
    }
    if arguments.confirm {
        confirm_user(conn, user).await?;
    }
    Ok(())
}

/// The same as `modify --reset-password`.
pub(super) async fn reset_password(stores: &Stores, username: &str) -> anyhow::Result<()> {
    let password = new_password().await?;
    let mut tx = stores.db.begin().await?;
    let person = person_named(&mut tx, username).await?;
    let ended = services::reset_password::reset_password(&mut tx, person.user_id, &password.hash).await?;
    tx.commit().await?;
    end_streams(&stores.kv, &ended).await;
    println!("OK\nNew password: {}", password.text);
    Ok(())
}

struct NewPassword {
    text: String,
    hash: String,
}

async fn new_password() -> anyhow::Result<NewPassword> {
    let text = random_password()?;
    let hash = tokio::task::spawn_blocking({
        let text = text.clone();
        move || hash_password(&text)
    })
    .await??;
    Ok(NewPassword { text, hash })
}
