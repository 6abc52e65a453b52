//! Lists of accounts that the viewer reads apart.

use db::{AccountId, PgConnection};
use serde::Serialize;

use crate::Id;

#[derive(Debug, Clone, Serialize)]
pub struct List {
    pub id: Id,
    pub title: String,
    pub replies_policy: &'static str,
    pub exclusive: bool,
}

/// `lists.replies_policy`.
pub const REPLIES_POLICIES: [&str; 3] = ["list", "followed", "none"];

impl List {
    #[must_use]
    pub fn new(id: i64, title: String, replies_policy: i32, exclusive: bool) -> Self {
        let policy = usize::try_from(replies_policy).ok().and_then(|index| REPLIES_POLICIES.get(index).copied());
        Self { id: Id(id), title, replies_policy: policy.unwrap_or("list"), exclusive }
    }

    /// All lists of an account, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_all(conn: &mut PgConnection, account: AccountId) -> Result<Vec<Self>, sqlx::Error> {
        let rows =
            sqlx::query!("SELECT id, title, replies_policy, exclusive FROM lists WHERE account_id = $1 ORDER BY id", account)
                .fetch_all(conn)
                .await?;
        Ok(rows.into_iter().map(|row| Self::new(row.id, row.title, row.replies_policy, row.exclusive)).collect())
    }
}
