//! `ferrodon accounts migrate`

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use db::AccountId;
use services::move_account::{self, Migration};
use shared::App;

use super::{Stores, person_named};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Name of the account, without @ and domain
    username: String,
    /// Where it moves, such as alice@elsewhere.example; that account must name this one as an alias
    #[arg(long)]
    target: Option<String>,
    /// Do the last move again, for those who did not hear of it
    #[arg(long)]
    replay: bool,
    /// Although the account leads somewhere else
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(stores: &Stores, arguments: Arguments) -> anyhow::Result<()> {
    ensure!(arguments.replay != arguments.target.is_some(), "give either --replay or --target");
    let app = App::with_db(stores.config.clone(), stores.db.clone())?;
    let target = match &arguments.target {
        Some(handle) => Some(find(&app, handle).await.with_context(|| format!("{handle} cannot be found"))?),
        None => None,
    };
    let mut tx = stores.db.begin().await?;
    let account = person_named(&mut tx, &arguments.username).await?.account_id;
    let leads_to = move_account::leads_to(&mut tx, account).await?;
    let migration = match target {
        Some(target) => {
            ensure!(
                arguments.force || leads_to.is_none_or(|other| other == target),
                "the account leads to another one; use --force to change that"
            );
            move_account::plan(&mut tx, &app.renderer, account, target, app.clock.now_naive()).await?
        }
        None => again(move_account::last(&mut tx, account).await?, leads_to, arguments.force)?,
    };
    move_account::carry_out(&mut tx, migration).await?;
    tx.commit().await?;
    println!("OK, the worker tells other servers and takes followers along");
    Ok(())
}

/// What the other server says of itself may have been written a moment ago.
async fn find(app: &App, handle: &str) -> anyhow::Result<AccountId> {
    let id = app.resolver.resolve(handle.trim_start_matches('@')).await?;
    let is_local = sqlx::query_scalar!(r#"SELECT domain IS NULL AS "local!" FROM accounts WHERE id = $1"#, id)
        .fetch_one(&mut *app.db.acquire().await?)
        .await?;
    Ok(if is_local { id } else { app.resolver.refresh_account(id).await? })
}

fn again(last: Option<Migration>, leads_to: Option<AccountId>, force: bool) -> anyhow::Result<Migration> {
    let Some(last) = last else { bail!("the account has never moved") };
    ensure!(
        force || leads_to == Some(last.target_id),
        "the account does not lead to where it moved last; use --force to do it again all the same"
    );
    Ok(last)
}
