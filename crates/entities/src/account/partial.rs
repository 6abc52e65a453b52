//! Accounts with less or a little more.

use serde::Serialize;

use super::Account;
use crate::timestamp::Millis;
use crate::{Id, Shared};

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
