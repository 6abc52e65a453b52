//! The materialized view `instances`: servers that are known by an account or a rule.

use sqlx::PgConnection;

/// As of the view's last refresh.
///
/// # Errors
/// The database failed.
pub async fn is_known(conn: &mut PgConnection, domain: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM instances WHERE domain = $1) AS "known!""#, domain).fetch_one(conn).await
}

/// Readers go on reading meanwhile; one refresh waits for another.
///
/// # Errors
/// The database failed.
pub async fn refresh(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("REFRESH MATERIALIZED VIEW CONCURRENTLY instances").execute(conn).await?;
    Ok(())
}
