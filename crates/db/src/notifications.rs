//! `notifications`, with what each is about.

mod browse;
mod groups;

use chrono::NaiveDateTime;
use sqlx::PgConnection;

pub use browse::{Browse, TYPES, count_above, page};
pub use groups::{GROUPABLE, Group, GroupPage, count_groups_above, group_page, summarize, summarize_page};

use crate::{AccountId, NotificationId, StatusId};

#[derive(Debug, Clone)]
pub struct NotificationRow {
    pub id: NotificationId,
    pub account_id: AccountId,
    pub from_account_id: AccountId,
    pub kind: Option<String>,
    pub activity_type: String,
    pub activity_id: i64,
    pub created_at: NaiveDateTime,
    pub filtered: bool,
    pub group_key: Option<String>,
    /// The status that it is about; of a boost the boosted one.
    pub status_id: Option<StatusId>,
    /// The collection that it is about.
    pub collection_id: Option<i64>,
}

/// # Errors
/// The database failed.
pub async fn load(conn: &mut PgConnection, ids: &[NotificationId]) -> Result<Vec<NotificationRow>, sqlx::Error> {
    sqlx::query_as!(
        NotificationRow,
        r#"
        SELECT n.id, n.account_id, n.from_account_id, n.type AS kind, n.activity_type, n.activity_id, n.created_at, n.filtered,
               n.group_key,
               CASE n.activity_type
                   WHEN 'Status' THEN (SELECT CASE n.type WHEN 'reblog' THEN s.reblog_of_id ELSE s.id END
                                       FROM statuses s WHERE s.id = n.activity_id)
                   WHEN 'Mention' THEN (SELECT m.status_id FROM mentions m WHERE m.id = n.activity_id)
                   WHEN 'Favourite' THEN (SELECT f.status_id FROM favourites f WHERE f.id = n.activity_id)
                   WHEN 'Poll' THEN (SELECT p.status_id FROM polls p WHERE p.id = n.activity_id)
                   WHEN 'Quote' THEN (SELECT q.status_id FROM quotes q WHERE q.id = n.activity_id)
               END AS "status_id?",
               CASE n.activity_type
                   WHEN 'Collection' THEN n.activity_id
                   WHEN 'CollectionItem' THEN (SELECT i.collection_id FROM collection_items i WHERE i.id = n.activity_id)
               END AS "collection_id?"
        FROM notifications n
        WHERE n.id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
}
