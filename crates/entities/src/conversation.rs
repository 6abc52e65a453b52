//! Threads of direct messages.

use std::collections::{HashMap, HashSet};

use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;

use crate::{Account, Id, Shared, Status, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Conversation {
    pub id: Id,
    pub unread: bool,
    /// The others; the viewer alone if there are none.
    pub accounts: Vec<Shared<Account>>,
    pub last_status: Option<Box<Status>>,
}

impl Conversation {
    /// In the order of `ids` (of `account_conversations`); those of other accounts are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT c.id AS "id!", c.participant_account_ids AS "participants!", c.last_status_id, c.unread AS "unread!"
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN account_conversations c ON c.id = asked.id
            WHERE c.account_id = $2
            ORDER BY asked.place
            "#,
            ids,
            viewer,
        )
        .fetch_all(&mut *conn)
        .await?;
        let people: HashSet<AccountId> = rows.iter().flat_map(|row| row.participants.iter().copied()).chain([viewer]).collect();
        let people: Vec<AccountId> = people.into_iter().collect();
        let accounts = Account::load_map(conn, urls, Some(viewer), &people).await?;
        let last: Vec<StatusId> = rows.iter().filter_map(|row| row.last_status_id).collect();
        let statuses = Status::load_many(conn, urls, Some(viewer), &last).await?;
        let statuses: HashMap<StatusId, Status> = statuses.into_iter().map(|status| (status.id.0, status)).collect();
        Ok(rows
            .iter()
            .map(|row| {
                let others = if row.participants.is_empty() { vec![viewer] } else { row.participants.clone() };
                Self {
                    id: Id(row.id),
                    unread: row.unread,
                    accounts: others.iter().filter_map(|id| accounts.get(id).cloned()).collect(),
                    last_status: row.last_status_id.and_then(|id| statuses.get(&id).cloned()).map(Box::new),
                }
            })
            .collect())
    }
}
