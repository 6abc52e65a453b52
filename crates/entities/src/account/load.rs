//! Accounts in batches: a number of statements that does not depend on how many there are.

use std::collections::{HashMap, HashSet};

use db::accounts::{self, AccountRow};
use db::{AccountId, PgConnection};

use super::{Account, Surroundings, emoji_texts};
use crate::approval::Standing;
use crate::custom_emoji::{Found, Wanted};
use crate::markup::{Handles, WantedHandles};
use crate::{Shared, Urls};

/// Rows of accounts, their moved-to accounts and what the viewer has to do with them, before they become entities.
#[derive(Debug)]
pub(crate) struct AccountRows {
    viewer: Option<AccountId>,
    rows: HashMap<AccountId, AccountRow>,
    following: HashSet<AccountId>,
    followers: HashSet<AccountId>,
    handles: Handles,
}

impl AccountRows {
    pub(crate) async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[AccountId],
    ) -> Result<Self, sqlx::Error> {
        let rows: HashMap<_, _> = accounts::load_with_moved(conn, ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let ties = match viewer {
            Some(viewer) if !rows.is_empty() => {
                let known: Vec<AccountId> = rows.keys().copied().collect();
                accounts::ties(conn, viewer, &known).await?
            }
            _ => accounts::Ties::default(),
        };
        let mut wanted = WantedHandles::default();
        for row in rows.values().filter(|row| row.is_local() && !row.is_suspended()) {
            wanted.add(&row.note, urls);
            for field in row.fields() {
                wanted.add(field.value.as_deref().unwrap_or_default(), urls);
            }
        }
        let handles = wanted.find(conn).await?;
        Ok(Self {
            viewer,
            rows,
            following: ties.following.into_iter().collect(),
            followers: ties.followers.into_iter().collect(),
            handles,
        })
    }

    pub(crate) fn get(&self, id: AccountId) -> Option<&AccountRow> {
        self.rows.get(&id)
    }

    /// How the viewer stands to an account; `None` if nobody is signed in.
    pub(crate) fn standing(&self, id: AccountId) -> Option<Standing> {
        self.viewer.map(|viewer| Standing {
            is_owner: viewer == id,
            follows_owner: self.following.contains(&id),
            followed_by_owner: self.followers.contains(&id),
        })
    }

    pub(crate) fn want_emojis(&self, wanted: &mut Wanted) {
        for row in self.rows.values().filter(|row| !row.is_suspended()) {
            for text in emoji_texts(row) {
                wanted.add(text, row.domain.as_deref());
            }
        }
    }

    /// Every account among the rows.
    pub(crate) fn build(&self, urls: &Urls, emojis: &Found) -> HashMap<AccountId, Shared<Account>> {
        let build = |row: &AccountRow, moved| {
            let around = Surroundings { urls, emojis, handles: &self.handles, standing: self.standing(row.id) };
            Shared::new(Account::build(row, moved, &around))
        };
        let mut plain: HashMap<AccountId, Shared<Account>> = HashMap::new();
        for target in self.rows.values().filter_map(|row| row.moved_to_account_id) {
            if let Some(row) = self.rows.get(&target) {
                plain.entry(target).or_insert_with(|| build(row, None));
            }
        }
        self.rows
            .values()
            .map(|row| {
                let moved = row.moved_to_account_id.map(|to| if row.is_suspended() { None } else { plain.get(&to).cloned() });
                let account = match (&moved, plain.get(&row.id)) {
                    (None, Some(built)) => built.clone(),
                    _ => build(row, moved),
                };
                (row.id, account)
            })
            .collect()
    }
}

impl Account {
    /// Accounts in the order of `ids`; those that do not exist are left out. `viewer` is whoever is signed in.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[AccountId],
    ) -> Result<Vec<Shared<Self>>, sqlx::Error> {
        let known = Self::load_map(conn, urls, viewer, ids).await?;
        Ok(ids.iter().filter_map(|id| known.get(id).cloned()).collect())
    }

    /// The same by id; accounts that some of them moved to are there as well.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_map(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[AccountId],
    ) -> Result<HashMap<AccountId, Shared<Self>>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = AccountRows::load(conn, urls, viewer, ids).await?;
        let mut wanted = Wanted::default();
        rows.want_emojis(&mut wanted);
        let emojis = wanted.find(conn, urls).await?;
        Ok(rows.build(urls, &emojis))
    }

    /// # Errors
    /// The database failed.
    pub async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        id: AccountId,
    ) -> Result<Option<Shared<Self>>, sqlx::Error> {
        Ok(Self::load_many(conn, urls, viewer, &[id]).await?.into_iter().next())
    }
}
