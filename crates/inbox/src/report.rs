//! Reports of other servers as rows.

use db::{AccountId, PgConnection, StatusId};
use services::report::{self, NewReport};

use crate::error::Result;

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
        let known = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM reports WHERE uri = $1 AND target_account_id = $2) AS "known!""#,
            uri,
            target
        );
        if known.fetch_one(&mut *conn).await? {
            return Ok(());
        }
    }
    report::file(conn, &NewReport { by, target, statuses, comment, uri, ..NewReport::default() }).await?;
    Ok(())
}
