//! Reports of other servers as rows.

use db::{AccountId, PgConnection, StatusId};
use services::notify::{Event, notify_many};

use crate::error::Result;

/// `reports.category`
const OTHER: i32 = 0;
/// Bits of `user_roles.permissions`.
const ADMINISTRATOR: i64 = 1;
const MANAGE_REPORTS: i64 = 1 << 4;

/// Once for each id of the other server and each account reported.
pub(crate) async fn file(
    conn: &mut PgConnection,
    by: AccountId,
    target: AccountId,
    statuses: &[StatusId],
    comment: &str,
    uri: Option<&str>,
) -> Result<()> {
    if let Some(uri) = uri {
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('report:' || $1, $2))", uri, target)
            .execute(&mut *conn)
            .await?;
    }
    let made = sqlx::query_scalar!(
        r#"
        INSERT INTO reports (account_id, target_account_id, status_ids, comment, category, forwarded, uri, created_at, updated_at)
        SELECT $1, $2, $3, $4, $5, false, $6::text, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        WHERE $6::text IS NULL OR NOT EXISTS (SELECT 1 FROM reports WHERE uri = $6::text AND target_account_id = $2)
        RETURNING id
        "#,
        by,
        target,
        statuses,
        comment,
        OTHER,
        uri
    )
    .fetch_optional(&mut *conn)
    .await?;
    match made {
        Some(report_id) => tell_moderators(conn, by, report_id).await,
        None => Ok(()),
    }
}

async fn tell_moderators(conn: &mut PgConnection, by: AccountId, report_id: i64) -> Result<()> {
    let moderators = sqlx::query_scalar!(
        "SELECT u.account_id FROM users u JOIN user_roles r ON r.id = u.role_id
         WHERE r.permissions & $1 <> 0 AND NOT u.disabled AND u.approved AND u.confirmed_at IS NOT NULL",
        ADMINISTRATOR | MANAGE_REPORTS
    )
    .fetch_all(&mut *conn)
    .await?;
    let events: Vec<Event> = moderators.into_iter().map(|moderator| Event::admin_report(moderator, by, report_id)).collect();
    notify_many(conn, &events).await?;
    Ok(())
}
