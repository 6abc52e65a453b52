//! Accounts with less or a little more.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection};
use serde::Serialize;

use super::Account;
use crate::timestamp::Millis;
use crate::{Id, Shared, Urls};

/// Enough of an account for a row of pictures.
#[derive(Debug, Clone, Serialize)]
pub struct PartialAccount {
    pub id: Id,
    pub acct: String,
    pub locked: bool,
    pub bot: bool,
    pub url: String,
    pub avatar: String,
    pub avatar_static: String,
    pub avatar_description: String,
}

impl From<&Account> for PartialAccount {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            acct: account.acct.clone(),
            locked: account.locked,
            bot: account.bot,
            url: account.url.clone(),
            avatar: account.avatar.clone(),
            avatar_static: account.avatar_static.clone(),
            avatar_description: account.avatar_description.clone(),
        }
    }
}

/// An entry of the list of mutes.
#[derive(Debug, Clone, Serialize)]
pub struct MutedAccount {
    #[serde(flatten)]
    pub account: Shared<Account>,
    /// Absent for mutes without an end, and for those whose end is past.
    pub mute_expires_at: Option<Millis>,
}

impl MutedAccount {
    /// In the order of `ids`; accounts that `muter` does not mute are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        muter: AccountId,
        ids: &[AccountId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let ends = sqlx::query!(
            "SELECT target_account_id, expires_at FROM mutes WHERE account_id = $1 AND target_account_id = ANY($2)",
            muter,
            ids
        )
        .fetch_all(&mut *conn)
        .await?;
        let ends: HashMap<AccountId, Option<NaiveDateTime>> =
            ends.into_iter().map(|row| (row.target_account_id, row.expires_at)).collect();
        let accounts = Account::load_many(conn, urls, Some(muter), ids).await?;
        let now = urls.now();
        Ok(accounts
            .into_iter()
            .filter_map(|account| {
                let end = *ends.get(&account.id.0)?;
                Some(Self { account, mute_expires_at: end.filter(|end| *end > now).map(Millis) })
            })
            .collect())
    }
}
