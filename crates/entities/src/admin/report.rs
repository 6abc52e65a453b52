//! Reports as moderators see them.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;

use super::AdminAccount;
use crate::report::category_name;
use crate::timestamp::Millis;
use crate::{Id, Rule, Status, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct AdminReport {
    pub id: Id,
    pub action_taken: bool,
    pub action_taken_at: Option<Millis>,
    pub category: &'static str,
    pub comment: String,
    pub forwarded: Option<bool>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub account: AdminAccount,
    pub target_account: AdminAccount,
    pub assigned_account: Option<AdminAccount>,
    pub action_taken_by_account: Option<AdminAccount>,
    pub statuses: Vec<Status>,
    pub rules: Vec<Rule>,
}

struct Row {
    id: i64,
    action_taken_at: Option<NaiveDateTime>,
    category: i32,
    comment: String,
    forwarded: Option<bool>,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    account_id: AccountId,
    target_account_id: AccountId,
    assigned_account_id: Option<AccountId>,
    action_taken_by_account_id: Option<AccountId>,
    status_ids: Vec<StatusId>,
    rule_ids: Option<Vec<i64>>,
}

impl Row {
    fn accounts(&self) -> impl Iterator<Item = AccountId> {
        [self.account_id, self.target_account_id]
            .into_iter()
            .chain(self.assigned_account_id)
            .chain(self.action_taken_by_account_id)
    }
}

impl AdminReport {
    /// In the order of `ids`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = rows(conn, ids).await?;
        let accounts: HashSet<AccountId> = rows.iter().flat_map(Row::accounts).collect();
        let accounts = AdminAccount::load_map(conn, urls, Some(viewer), &accounts.into_iter().collect::<Vec<_>>()).await?;
        let statuses: HashSet<StatusId> = rows.iter().flat_map(|row| row.status_ids.iter().copied()).collect();
        let statuses = Status::load_many(conn, urls, Some(viewer), &statuses.into_iter().collect::<Vec<_>>()).await?;
        let statuses: HashMap<StatusId, Status> = statuses.into_iter().map(|status| (status.id.0, status)).collect();
        let rules = if rows.iter().any(|row| row.rule_ids.is_some()) { Rule::load_all(conn).await? } else { Vec::new() };
        Ok(rows.into_iter().filter_map(|row| Self::new(row, &accounts, &statuses, &rules)).collect())
    }

    fn new(
        row: Row,
        accounts: &HashMap<AccountId, AdminAccount>,
        statuses: &HashMap<StatusId, Status>,
        rules: &[Rule],
    ) -> Option<Self> {
        let account = |id: AccountId| accounts.get(&id).cloned();
        let broken = row.rule_ids.unwrap_or_default();
        Some(Self {
            id: Id(row.id),
            action_taken: row.action_taken_at.is_some(),
            action_taken_at: row.action_taken_at.map(Millis),
            category: category_name(row.category),
            comment: row.comment,
            forwarded: row.forwarded,
            created_at: Millis(row.created_at),
            updated_at: Millis(row.updated_at),
            account: account(row.account_id)?,
            target_account: account(row.target_account_id)?,
            assigned_account: row.assigned_account_id.and_then(account),
            action_taken_by_account: row.action_taken_by_account_id.and_then(account),
            statuses: row.status_ids.iter().filter_map(|id| statuses.get(id).cloned()).collect(),
            rules: rules.iter().filter(|rule| broken.contains(&rule.id.0)).cloned().collect(),
        })
    }
}

async fn rows(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT r.id AS "id!", r.action_taken_at, r.category AS "category!", r.comment AS "comment!", r.forwarded,
          r.created_at AS "created_at!", r.updated_at AS "updated_at!", r.account_id AS "account_id!",
          r.target_account_id AS "target_account_id!", r.assigned_account_id, r.action_taken_by_account_id,
          r.status_ids AS "status_ids!", r.rule_ids
        FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN reports r ON r.id = asked.id
        ORDER BY asked.place
        "#,
        ids
    )
    .fetch_all(conn)
    .await
}
