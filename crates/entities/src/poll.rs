//! Polls.

use std::collections::HashMap;

use db::polls::{self, PollRow};
use db::{AccountId, PgConnection, PollId};
use serde::Serialize;

use crate::custom_emoji::{Found, Wanted};
use crate::timestamp::Millis;
use crate::{CustomEmoji, Id, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Poll {
    pub id: Id,
    pub expires_at: Option<Millis>,
    pub expired: bool,
    pub multiple: bool,
    pub votes_count: i64,
    /// Unknown for servers that do not tell.
    pub voters_count: Option<i64>,
    /// These two if somebody is signed in. Authors count as having voted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_votes: Option<Vec<i32>>,
    pub options: Vec<PollOption>,
    pub emojis: Vec<CustomEmoji>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PollOption {
    pub title: String,
    /// Absent while the author hides it.
    pub votes_count: Option<i64>,
}

impl Poll {
    pub(crate) fn new(row: &PollRow, viewer: Option<AccountId>, urls: &Urls, emojis: &Found) -> Self {
        let expired = row.expires_at.is_some_and(|end| end < urls.now());
        let shown = expired || !row.hide_totals;
        let tally = |n: usize| shown.then(|| row.cached_tallies.get(n).copied().unwrap_or(0));
        Self {
            id: Id(row.id),
            expires_at: row.expires_at.map(Millis),
            expired,
            multiple: row.multiple,
            votes_count: row.votes_count,
            voters_count: row.voters_count,
            voted: viewer.map(|viewer| viewer == row.account_id || !row.own_votes.is_empty()),
            own_votes: viewer.map(|_| row.own_votes.clone()),
            options: row
                .options
                .iter()
                .enumerate()
                .map(|(n, title)| PollOption { title: title.clone(), votes_count: tally(n) })
                .collect(),
            emojis: emojis.in_texts(row.options.iter().map(String::as_str), row.domain.as_deref()),
        }
    }

    /// # Errors
    /// The database failed.
    pub async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        id: PollId,
    ) -> Result<Option<Self>, sqlx::Error> {
        let rows: HashMap<_, _> = polls::load(conn, viewer, &[id]).await?.into_iter().map(|row| (row.id, row)).collect();
        let Some(row) = rows.get(&id) else { return Ok(None) };
        let mut wanted = Wanted::default();
        for option in &row.options {
            wanted.add(option, row.domain.as_deref());
        }
        let emojis = wanted.find(conn, urls).await?;
        Ok(Some(Self::new(row, viewer, urls, &emojis)))
    }
}
