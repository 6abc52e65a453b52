//! What moderators do with a report; each deed is written down.

use db::AccountId;
use sqlx::PgConnection;

use crate::audit_log;
use crate::error::{Error, Result};
use crate::report::{Category, check_rules};

/// What is done, in the words of the audit log.
#[derive(Debug, Clone)]
pub enum Deed {
    /// The moderator takes it on.
    Assign,
    Unassign,
    Resolve,
    Reopen,
    /// What is `None` stays. Rules count only for violations.
    Update {
        category: Option<Category>,
        rules: Option<Vec<i64>>,
    },
}

impl Deed {
    fn name(&self) -> &'static str {
        match self {
            Self::Assign => "assigned_to_self",
            Self::Unassign => "unassigned",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::Update { .. } => "update",
        }
    }
}

/// # Errors
/// [`Error::NotFound`] for an unknown report; [`Error::Invalid`] for rules that do not exist or do not go with the category.
pub async fn moderate_report(conn: &mut PgConnection, moderator: AccountId, report: i64, deed: &Deed) -> Result<()> {
    let row = sqlx::query!("SELECT category, rule_ids FROM reports WHERE id = $1 FOR UPDATE", report)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    match deed {
        Deed::Assign => assign(conn, report, Some(moderator)).await?,
        Deed::Unassign => assign(conn, report, None).await?,
        Deed::Resolve => settle(conn, report, Some(moderator)).await?,
        Deed::Reopen => settle(conn, report, None).await?,
        Deed::Update { category, rules } => {
            let category = category.map_or(row.category, Category::column);
            let rules = rules.clone().or(row.rule_ids).filter(|rules| !rules.is_empty());
            if let Some(rules) = &rules {
                if category != Category::Violation.column() {
                    return Err(Error::invalid("Rule ids must be blank"));
                }
                check_rules(conn, rules).await?;
            }
            sqlx::query!(
                "UPDATE reports SET category = $2, rule_ids = $3, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
                report,
                category,
                rules.as_deref()
            )
            .execute(&mut *conn)
            .await?;
        }
    }
    let name = report.to_string();
    let target = audit_log::Target { kind: "Report", id: report, name: &name, route: None };
    audit_log::write(conn, moderator, deed.name(), target).await?;
    Ok(())
}

async fn assign(conn: &mut PgConnection, report: i64, to: Option<AccountId>) -> Result<()> {
    sqlx::query!("UPDATE reports SET assigned_account_id = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1", report, to)
        .execute(conn)
        .await?;
    Ok(())
}

async fn settle(conn: &mut PgConnection, report: i64, by: Option<AccountId>) -> Result<()> {
    sqlx::query!(
        "UPDATE reports SET action_taken_by_account_id = $2, updated_at = now() AT TIME ZONE 'utc',
           action_taken_at = CASE WHEN $2::bigint IS NOT NULL THEN now() AT TIME ZONE 'utc' END
         WHERE id = $1",
        report,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}
