//! What moderators did, as Mastodon's audit log shows it.

use db::{AccountId, PgConnection};

/// What a deed was done to: `target_type`, `target_id`, and what people call it.
pub(crate) struct Target<'a> {
    pub(crate) kind: &'a str,
    pub(crate) id: i64,
    pub(crate) name: &'a str,
    /// Where the log's link leads, if not to `id`.
    pub(crate) route: Option<String>,
}

pub(crate) async fn write(conn: &mut PgConnection, by: AccountId, action: &str, target: Target<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO admin_action_logs
           (account_id, action, target_type, target_id, human_identifier, route_param, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')",
        by,
        action,
        target.kind,
        target.id,
        target.name,
        target.route
    )
    .execute(conn)
    .await?;
    Ok(())
}
