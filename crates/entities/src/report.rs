//! Reports, and what became of them for the people concerned.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection};
use serde::Serialize;

use crate::timestamp::Millis;
use crate::{Account, Id, Shared, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub id: Id,
    pub action_taken: bool,
    pub action_taken_at: Option<Millis>,
    pub category: &'static str,
    pub comment: String,
    pub forwarded: Option<bool>,
    pub created_at: Millis,
    pub status_ids: Option<Vec<Id>>,
    pub rule_ids: Option<Vec<Id>>,
    pub collection_ids: Vec<Id>,
    pub target_account: Shared<Account>,
}

/// A strike against the viewer.
#[derive(Debug, Clone, Serialize)]
pub struct AccountWarning {
    pub id: Id,
    pub action: &'static str,
    pub text: String,
    pub status_ids: Option<Vec<String>>,
    pub created_at: Millis,
    pub target_account: Shared<Account>,
    pub appeal: Option<Appeal>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Appeal {
    pub text: String,
    pub state: &'static str,
}

/// Follows that were cut by a block of a whole server.
#[derive(Debug, Clone, Serialize)]
pub struct RelationshipSeveranceEvent {
    pub id: Id,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub purged: bool,
    pub target_name: String,
    pub followers_count: i32,
    pub following_count: i32,
    pub created_at: Millis,
}

struct ReportRow {
    id: i64,
    action_taken_at: Option<NaiveDateTime>,
    category: i32,
    comment: String,
    forwarded: Option<bool>,
    created_at: NaiveDateTime,
    status_ids: Vec<i64>,
    rule_ids: Option<Vec<i64>>,
    collection_ids: Vec<i64>,
    target_account_id: AccountId,
}

/// `reports.category`.
#[must_use]
pub fn category_name(category: i32) -> &'static str {
    match category {
        1000 => "spam",
        1500 => "legal",
        2000 => "violation",
        _ => "other",
    }
}

impl Report {
    /// In the order of `ids`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: HashMap<i64, ReportRow> = report_rows(conn, ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let targets: HashSet<AccountId> = rows.values().map(|row| row.target_account_id).collect();
        let targets: Vec<AccountId> = targets.into_iter().collect();
        let accounts = Account::load_map(conn, urls, viewer, &targets).await?;
        Ok(ids
            .iter()
            .filter_map(|id| rows.get(id))
            .filter_map(|row| Some(Self::new(row, accounts.get(&row.target_account_id)?.clone())))
            .collect())
    }

    fn new(row: &ReportRow, target_account: Shared<Account>) -> Self {
        let ids = |ids: &[i64]| ids.iter().copied().map(Id).collect();
        Self {
            id: Id(row.id),
            action_taken: row.action_taken_at.is_some(),
            action_taken_at: row.action_taken_at.map(Millis),
            category: category_name(row.category),
            comment: row.comment.clone(),
            forwarded: row.forwarded,
            created_at: Millis(row.created_at),
            status_ids: Some(ids(&row.status_ids)),
            rule_ids: row.rule_ids.as_deref().map(ids),
            collection_ids: ids(&row.collection_ids),
            target_account,
        }
    }
}

async fn report_rows(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<ReportRow>, sqlx::Error> {
    sqlx::query_as!(
        ReportRow,
        r#"
        SELECT id, action_taken_at, category, comment, forwarded, created_at, status_ids, rule_ids, target_account_id,
               ARRAY(SELECT c.collection_id FROM collection_reports c WHERE c.report_id = reports.id ORDER BY c.id)
                   AS "collection_ids!"
        FROM reports WHERE id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
}

/// `account_warnings.action`.
fn action_name(action: i32) -> &'static str {
    match action {
        1000 => "disable",
        1250 => "mark_statuses_as_sensitive",
        1500 => "delete_statuses",
        2000 => "sensitive",
        3000 => "silence",
        4000 => "suspend",
        _ => "none",
    }
}

impl AccountWarning {
    /// In the order of `ids`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query!(
            r#"
            SELECT w.id AS "id!", w.action AS "action!", w.text AS "text!", w.status_ids, w.created_at AS "created_at!",
                   w.target_account_id AS "target_account_id!", a.text AS "appeal_text?",
                   a.approved_at AS "approved_at?", a.rejected_at AS "rejected_at?"
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place)
            JOIN account_warnings w ON w.id = asked.id
            LEFT JOIN appeals a ON a.account_warning_id = w.id
            WHERE w.target_account_id IS NOT NULL
            ORDER BY asked.place
            "#,
            ids,
        )
        .fetch_all(&mut *conn)
        .await?;
        let targets: Vec<AccountId> = rows.iter().map(|row| row.target_account_id).collect();
        let accounts = Account::load_map(conn, urls, viewer, &targets).await?;
        let warnings = rows.into_iter().filter_map(|row| {
            let state = match (row.approved_at, row.rejected_at) {
                (Some(_), _) => "approved",
                (None, Some(_)) => "rejected",
                (None, None) => "pending",
            };
            Some(Self {
                id: Id(row.id),
                action: action_name(row.action),
                text: row.text,
                status_ids: row.status_ids,
                created_at: Millis(row.created_at),
                target_account: accounts.get(&row.target_account_id)?.clone(),
                appeal: row.appeal_text.map(|text| Appeal { text, state }),
            })
        });
        Ok(warnings.collect())
    }
}

impl RelationshipSeveranceEvent {
    /// The part of events that concerns the viewer, by the ids of these parts, in their order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<Self>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query!(
            r#"
            SELECT a.id, e.type AS kind, e.purged, e.target_name, a.followers_count, a.following_count, a.created_at
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place)
            JOIN account_relationship_severance_events a ON a.id = asked.id
            JOIN relationship_severance_events e ON e.id = a.relationship_severance_event_id
            ORDER BY asked.place
            "#,
            ids,
        )
        .fetch_all(conn)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Self {
                id: Id(row.id),
                kind: match row.kind {
                    0 => "domain_block",
                    1 => "user_domain_block",
                    _ => "account_suspension",
                },
                purged: row.purged,
                target_name: row.target_name,
                followers_count: row.followers_count,
                following_count: row.following_count,
                created_at: Millis(row.created_at),
            })
            .collect())
    }
}
